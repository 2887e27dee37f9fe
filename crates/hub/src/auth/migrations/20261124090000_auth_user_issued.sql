-- When the newest token or session of each user began, in milliseconds; absent in rows that are older than this column.
ALTER TABLE auth_user_info ADD COLUMN issued_at BIGINT;
