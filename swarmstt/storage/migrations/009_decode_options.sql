-- How a book is decoded stands in its settings as one thing, as it is sent: a new option needs no new place.

UPDATE books SET settings = json_set(
    json_remove(settings, '$.language', '$.task', '$.initial_prompt', '$.hotwords', '$.beam_size'),
    '$.decode', json(json_remove(settings, '$.model', '$.model_hash', '$.chunk_seconds')));
