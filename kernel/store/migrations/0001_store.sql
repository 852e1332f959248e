-- What the store itself needs: who writes which stream, blocks of ids, and the events.
-- oldest_binary: 1

-- One row per writer. `batch` counts its transactions, the first statement of each moves it on: so a writer that lost its
-- slot finds no row, and one that lost its connection during COMMIT can see whether that had happened.
-- `last_seq` is the last event before the present batch.
CREATE TABLE IF NOT EXISTS stream (
  slot BIGINT NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  batch BIGINT NOT NULL,
  last_seq BIGINT NOT NULL
) {engine};

-- Ids below next_value have been handed out.
CREATE TABLE IF NOT EXISTS id_block (
  name {ascii(40)} NOT NULL PRIMARY KEY,
  next_value BIGINT NOT NULL
) {engine};

-- Ids, states and numbers, never text, names or addresses.
CREATE TABLE IF NOT EXISTS event (
  slot BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  at BIGINT NOT NULL,
  type {ascii(60)} NOT NULL,
  space_id BIGINT,
  conversation_id BIGINT,
  subject_id BIGINT NOT NULL,
  visible_before {text} NOT NULL,
  visible_after {text} NOT NULL,
  data {text} NOT NULL,
  PRIMARY KEY (slot, seq)
) {engine};

CREATE INDEX event_at ON event (at);
