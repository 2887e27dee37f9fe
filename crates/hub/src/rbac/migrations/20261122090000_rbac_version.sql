-- How often roles have been written: who knows this number knows whether what they have in memory is the newest.
INSERT INTO rbac_sequences (name, last) VALUES ('version', 0);
