-- name: add_book
INSERT INTO books (book_id, position, fingerprint, filename, sources, is_folder, uploaded, settings,
                   output, alone, state, language, added_at, file_order, for_program)
VALUES (:book_id, (SELECT coalesce(max(position), 0) + 1 FROM books), :fingerprint, :filename, :sources,
        :is_folder, :uploaded, :settings, :output, :local_only, :state, :language, :added_at, :file_order, :for_program);

-- name: claim_book
UPDATE books SET filename = :filename, sources = :sources, is_folder = :is_folder, uploaded = :uploaded,
       output = :output, file_order = :file_order, alone = :local_only, for_program = 0
WHERE book_id = :book_id;

-- name: describe_book
UPDATE books SET title = :title, author = :author, narrator = :narrator, series = :series, sound = :sound,
       chapters = :chapters, damages = :damages, notes = :notes,
       estimated_seconds = :estimated_seconds, content_hash = coalesce(:content_hash, content_hash)
WHERE book_id = :book_id;

-- name: book_written
UPDATE books SET completed_at = :completed_at, files = :files WHERE book_id = :book_id;

-- name: book_output
UPDATE books SET output = :output, sources = :sources, file_order = :file_order, uploaded = :uploaded
WHERE book_id = :book_id;

-- name: book_ebook
UPDATE books SET ebook = :ebook WHERE book_id = :book_id;

-- name: book_edits
UPDATE books SET edits = :edits WHERE book_id = :book_id;

-- name: book_names
UPDATE books SET names = :names WHERE book_id = :book_id;

-- name: book_state
UPDATE books SET state = :state, reason = :reason WHERE book_id = :book_id;

-- name: book_language
UPDATE books SET language = :language WHERE book_id = :book_id;

-- name: book_paused
UPDATE books SET paused = :paused WHERE book_id = :book_id;

-- name: book_read_whole
UPDATE books SET read_whole = :read_whole WHERE book_id = :book_id;

-- name: delete_book
DELETE FROM books WHERE book_id = :book_id;

-- name: add_chunk
INSERT INTO chunks (book_id, position, start_sample, sample_count, state)
VALUES (:book_id, :position, :start_sample, :sample_count, 'pending');

-- name: drop_chunks
DELETE FROM chunks WHERE book_id = :book_id AND position >= :position;

-- name: chunk_state
UPDATE chunks SET state = :state, reason = :reason, wordless = :wordless, tries = :tries WHERE book_id = :book_id AND position = :position;

-- name: add_lease
INSERT INTO leases (lease_id, book_id, position, helper_id, helper_name, helper_kind, state, granted_at)
VALUES (:lease_id, :book_id, :position, :helper_id, :helper_name, :helper_kind, 'held', :granted_at);

-- name: lease_state
UPDATE leases SET state = :state, reason = coalesce(:reason, reason),
       ended_at = CASE WHEN :state = 'held' THEN NULL ELSE coalesce(ended_at, :ended_at) END,
       parting = CASE WHEN :state IN ('held', 'delivered') THEN NULL ELSE coalesce(parting, :event) END
WHERE lease_id = :lease_id;

-- name: add_result
INSERT OR REPLACE INTO results (book_id, position, lease_id, transcript, helper_name, model, device, compute_type, engine,
                     processing_seconds, delivered_at)
VALUES (:book_id, :position, :lease_id, :transcript, :helper_name, :model, :device, :compute_type, :engine,
        :processing_seconds, :delivered_at);

-- name: lose_held_leases
UPDATE leases SET state = 'lost', ended_at = :ended_at, parting = 'restarted' WHERE state = 'held';

-- name: books
SELECT *, alone AS local_only FROM books ORDER BY position;

-- name: chunks
SELECT position, start_sample, sample_count, state, reason, wordless, tries FROM chunks WHERE book_id = :book_id ORDER BY position;

-- name: leases
SELECT lease_id, position, helper_id, helper_name, helper_kind, state, reason FROM leases WHERE book_id = :book_id
ORDER BY lease_id;

-- name: last_lease_id
SELECT max(coalesce((SELECT max(lease_id) FROM leases), 0),
           coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'last_lease_id'), 0)) AS lease_id;

-- name: outcome
SELECT c.position, c.start_sample, c.sample_count, c.reason, r.transcript
FROM chunks c LEFT JOIN results r USING (book_id, position)
WHERE c.book_id = :book_id AND c.position = :position;

-- name: engines
SELECT DISTINCT engine FROM results WHERE book_id = :book_id ORDER BY engine;

-- name: results_after
SELECT r.lease_id, l.helper_id, r.model, r.device, c.sample_count, r.processing_seconds
FROM results r JOIN leases l USING (lease_id) JOIN chunks c ON c.book_id = r.book_id AND c.position = r.position
WHERE r.lease_id > :lease_id AND c.sample_count >= :least_samples ORDER BY r.lease_id DESC LIMIT 500;

-- name: tasks
SELECT c.book_id, c.position, c.start_sample, c.sample_count, c.reason, b.filename, r.processing_seconds,
       CASE WHEN c.state = 'pending' AND l.state = 'held' THEN 'in_progress' ELSE c.state END AS status,
       l.lease_id, l.helper_id, l.helper_name, l.granted_at, coalesce(r.delivered_at, l.ended_at) AS ended_at,
       r.model, r.device, r.compute_type, r.engine,
       (SELECT count(*) FROM leases m WHERE m.book_id = c.book_id AND m.position = c.position) AS lease_count
FROM chunks c
JOIN books b USING (book_id)
LEFT JOIN results r USING (book_id, position)
LEFT JOIN leases l ON l.lease_id = coalesce(r.lease_id, (
    SELECT lease_id FROM leases m WHERE m.book_id = c.book_id AND m.position = c.position
    ORDER BY m.state = 'held' DESC, lease_id DESC LIMIT 1))
-- A range rather than "is NULL or equals": of one book then only its own rows are looked at. Ids are hexadecimal.
WHERE c.book_id BETWEEN coalesce(:book_id, '') AND coalesce(:book_id, '~')
  AND (:position IS NULL OR c.position = :position)
ORDER BY b.position, c.position;

-- name: leases_besides
SELECT book_id, position, lease_id, helper_id, helper_name, parting FROM leases INDEXED BY leases_parted
WHERE parting IS NOT NULL AND book_id BETWEEN coalesce(:book_id, '') AND coalesce(:book_id, '~')
  AND (:position IS NULL OR position = :position)
UNION ALL
SELECT book_id, position, lease_id, helper_id, helper_name, parting FROM leases INDEXED BY leases_held
WHERE state = 'held' AND (:book_id IS NULL OR book_id = :book_id) AND (:position IS NULL OR position = :position)
ORDER BY lease_id;

-- name: set_fact
INSERT INTO facts (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: fact
SELECT value FROM facts WHERE name = :name;

-- name: forget_peers
DELETE FROM peers;

-- name: add_peer
INSERT INTO peers (node_id, name, addresses, seen_at) VALUES (:node_id, :name, :addresses, :seen_at);

-- name: peers
SELECT * FROM peers;

-- name: invitations
SELECT * FROM invitations ORDER BY created_at, rowid;

-- name: add_invitation
INSERT INTO invitations (invitation_id, name, token_sha256, created_at, expires_at, is_plain, node_id)
VALUES (:invitation_id, :name, :token_sha256, :created_at, :expires_at, :is_plain, :node_id);

-- name: invitations_are_of
UPDATE invitations SET node_id = :node_id WHERE node_id IS NULL;

-- name: invitation_used
UPDATE invitations SET last_used_at = :at WHERE invitation_id = :invitation_id;

-- name: remove_invitation
DELETE FROM invitations WHERE invitation_id = :invitation_id;

-- name: drops
SELECT * FROM drops;

-- name: put_drop
INSERT INTO drops (folder, name, signature, fingerprint, book_id, refusal, error_file)
VALUES (:folder, :name, :signature, :fingerprint, :book_id, :refusal, :error_file)
ON CONFLICT (folder, name) DO UPDATE SET signature = excluded.signature, fingerprint = excluded.fingerprint,
    book_id = excluded.book_id, refusal = excluded.refusal, error_file = excluded.error_file;

-- name: remove_drop
DELETE FROM drops WHERE folder = :folder AND name = :name;

-- name: keep_result
INSERT OR REPLACE INTO kept_results (coordinator_id, lease_id, result, kept_at)
VALUES (:coordinator_id, :lease_id, :result, :kept_at);

-- name: drop_old_results
DELETE FROM kept_results WHERE kept_at < :oldest;

-- name: drop_results_beyond
DELETE FROM kept_results WHERE position IN (
    SELECT position FROM (
        SELECT position, row_number() OVER newest AS number, sum(length(result)) OVER newest AS total_bytes
        FROM kept_results WINDOW newest AS (ORDER BY position DESC ROWS UNBOUNDED PRECEDING))
    WHERE number > :most_results OR total_bytes > :most_bytes);

-- name: kept_leases
SELECT lease_id FROM kept_results WHERE coordinator_id = :coordinator_id;

-- name: kept_result
SELECT result FROM kept_results WHERE coordinator_id = :coordinator_id AND lease_id = :lease_id;

-- name: remove_result
DELETE FROM kept_results WHERE coordinator_id = :coordinator_id AND lease_id = :lease_id;

-- name: programs
SELECT * FROM programs ORDER BY created_at, rowid;

-- name: add_program
INSERT INTO programs (program_id, name, token_sha256, origins, created_at)
VALUES (:program_id, :name, :token_sha256, :origins, :created_at);

-- name: program_used
UPDATE programs SET last_used_at = :at WHERE program_id = :program_id;

-- name: remove_program
DELETE FROM programs WHERE program_id = :program_id;

-- name: program_jobs
SELECT * FROM program_jobs ORDER BY created_at, rowid;

-- name: put_program_job
INSERT INTO program_jobs (job_id, program_id, book_id, filename, created_at, asked_at, finished_at)
VALUES (:job_id, :program_id, :book_id, :filename, :created_at, :asked_at, :finished_at)
ON CONFLICT (job_id) DO UPDATE SET asked_at = excluded.asked_at, finished_at = excluded.finished_at;

-- name: remove_program_job
DELETE FROM program_jobs WHERE job_id = :job_id;
