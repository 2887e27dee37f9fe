-- Pages ask for the events of one kind since a day.
CREATE INDEX audit_events_event ON audit_events (event_id, at);
