-- oldest_binary: 5
-- What else than messages goes to the customer's side, and what is pruned by its age.
-- kind: USHER_MSG_* of plugin.h; message_id is then the timeline entry that tells it
ALTER TABLE outbox ADD COLUMN kind SMALLINT NOT NULL DEFAULT 1;
CREATE INDEX routing_decision_at ON routing_decision (at);
