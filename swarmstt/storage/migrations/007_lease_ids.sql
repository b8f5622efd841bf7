-- No lease id is used twice in the life of a database: the highest is kept when the leases of a book go with it.

CREATE TRIGGER last_lease_id_kept BEFORE DELETE ON books BEGIN
    INSERT OR REPLACE INTO facts (name, value)
    SELECT 'last_lease_id',
           max(coalesce((SELECT max(lease_id) FROM leases), 0),
               coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'last_lease_id'), 0));
END;
