-- oldest_binary: 1
-- How messages flow: what was taken already, what is to be sent, who waits, what is due later.
-- Dedupe has a table of its own: the hash of the key's exact bytes, kept for 30 days. Written first in the
-- batch, and read back by hash for all accounts of it at once: so the hash comes first in the key.
CREATE TABLE seen (
  account_id BIGINT NOT NULL, key_hash {ascii(64)} NOT NULL, body_hash {ascii(64)} NOT NULL, result_id BIGINT NOT NULL,
  at BIGINT NOT NULL, PRIMARY KEY (key_hash, account_id)
) {engine};
CREATE INDEX seen_at ON seen (at);
-- finds a message by a provider's id, for receipts and replies; one message may have several (SMS parts)
CREATE TABLE message_remote (
  account_id BIGINT NOT NULL, direction SMALLINT NOT NULL, remote_hash {ascii(64)} NOT NULL, message_id BIGINT NOT NULL,
  part SMALLINT NOT NULL, remote_id {text} NOT NULL, PRIMARY KEY (account_id, direction, remote_hash)
) {engine};
CREATE INDEX message_remote_message ON message_remote (message_id);
-- receipts that came before their message is known, for 24 h
CREATE TABLE pending_receipt (
  id BIGINT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, remote_hash {ascii(64)} NOT NULL, status SMALLINT NOT NULL,
  failure_code VARCHAR(100), failure_text {text}, at BIGINT NOT NULL
) {engine};
CREATE INDEX pending_receipt_key ON pending_receipt (account_id, remote_hash);
-- the outbox: messages accepted and not yet confirmed by a channel. state 0 = held or queued, 1 = an attempt runs
CREATE TABLE outbox (
  message_id BIGINT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, conversation_id BIGINT NOT NULL, seq BIGINT NOT NULL,
  out_seq BIGINT NOT NULL, state SMALLINT NOT NULL, attempt BIGINT NOT NULL, due_at BIGINT NOT NULL, first_attempt_at BIGINT,
  created_at BIGINT NOT NULL
) {engine};
CREATE INDEX outbox_due ON outbox (account_id, due_at);
CREATE INDEX outbox_conversation ON outbox (conversation_id, seq);
-- unassigned open conversations: the waiting list, oldest first
CREATE TABLE routing_wait (
  conversation_id BIGINT NOT NULL PRIMARY KEY, inbox_id BIGINT NOT NULL, since BIGINT NOT NULL, fresh SMALLINT NOT NULL
) {engine};
CREATE INDEX routing_wait_inbox ON routing_wait (inbox_id, since, conversation_id);
CREATE TABLE routing_decision (
  id BIGINT NOT NULL PRIMARY KEY, conversation_id BIGINT NOT NULL, at BIGINT NOT NULL, decision {text} NOT NULL
) {engine};
CREATE INDEX routing_decision_conversation ON routing_decision (conversation_id, id);
-- a caller's POST that may come again: answered anew from what it created
CREATE TABLE idempotency (
  key_hash {ascii(64)} NOT NULL PRIMARY KEY, body_hash {ascii(64)} NOT NULL, result_id BIGINT NOT NULL, at BIGINT NOT NULL
) {engine};
CREATE INDEX idempotency_at ON idempotency (at);
-- where readers of the feed stand (responders, exporters)
CREATE TABLE feed_cursor (
  name {ascii(100)} NOT NULL PRIMARY KEY, cursor_text {text} NOT NULL
) {engine};
-- what is due later: a responder's wait, a snooze's end
CREATE TABLE job (
  id BIGINT NOT NULL PRIMARY KEY, due_at BIGINT NOT NULL, kind VARCHAR(40) NOT NULL, owner VARCHAR(100) NOT NULL,
  conversation_id BIGINT NOT NULL, token {text} NOT NULL
) {engine};
CREATE INDEX job_due ON job (due_at);
CREATE INDEX job_conversation ON job (conversation_id);
CREATE TABLE plugin_kv (
  instance VARCHAR(100) NOT NULL, key_hash {ascii(64)} NOT NULL, name {text} NOT NULL, value {text} NOT NULL,
  PRIMARY KEY (instance, key_hash)
) {engine};
