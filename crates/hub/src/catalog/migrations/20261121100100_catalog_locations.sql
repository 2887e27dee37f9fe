-- Locations that were registered by request. Those of the configuration are not here.
CREATE TABLE catalog_locations (
    id            TEXT NOT NULL PRIMARY KEY,
    location_type TEXT NOT NULL,
    target        TEXT NOT NULL,
    UNIQUE (location_type, target)
);
