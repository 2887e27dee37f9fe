-- The page of the audit log reads backwards from a row, often the rows of one actor or one kind.
CREATE INDEX audit_events_by_actor ON audit_events (actor, number);
CREATE INDEX audit_events_by_event ON audit_events (event_id, number);
