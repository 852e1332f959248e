-- oldest_binary: 1
-- The desk: accounts, contacts, conversations and their timelines.
CREATE TABLE account (
  id BIGINT NOT NULL PRIMARY KEY, slug {ascii(40)} NOT NULL UNIQUE, space_id BIGINT NOT NULL, channel VARCHAR(64) NOT NULL,
  name VARCHAR(200) NOT NULL, inbox_id BIGINT, enabled SMALLINT NOT NULL, config {text} NOT NULL, settings {text} NOT NULL,
  source VARCHAR(500), created_at BIGINT NOT NULL, version BIGINT NOT NULL
) {engine};
CREATE TABLE contact (
  id BIGINT NOT NULL PRIMARY KEY, space_id BIGINT NOT NULL, name VARCHAR(500) NOT NULL, search_text {text} NOT NULL,
  email VARCHAR(254), phone VARCHAR(64), company VARCHAR(500), notes {text}, owner_id BIGINT, tags {text} NOT NULL,
  attributes {text} NOT NULL, created_at BIGINT NOT NULL, version BIGINT NOT NULL
) {engine};
CREATE INDEX contact_space ON contact (space_id, id);
-- the key is the hash of the address's exact bytes: no collation folds it, no column cuts it. The hash comes first, as
-- batches look many up at once, of several accounts
CREATE TABLE identity (
  id BIGINT NOT NULL PRIMARY KEY, account_id BIGINT NOT NULL, address {text} NOT NULL, address_hash {ascii(64)} NOT NULL,
  contact_id BIGINT NOT NULL, created_at BIGINT NOT NULL, UNIQUE (address_hash, account_id)
) {engine};
CREATE INDEX identity_contact ON identity (contact_id);
-- open_key names the (identity, thread) whose open conversation this is, and is NULL once closed: at most one while.
-- thread_key is the channel's own thread, where it has one
CREATE TABLE conversation (
  id BIGINT NOT NULL PRIMARY KEY, space_id BIGINT NOT NULL, inbox_id BIGINT NOT NULL, account_id BIGINT NOT NULL,
  identity_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, open_key {ascii(90)} UNIQUE, thread_key {text}, status SMALLINT NOT NULL,
  priority SMALLINT NOT NULL, subject {text}, assignee_id BIGINT, team_ids {text} NOT NULL, participant_ids {text} NOT NULL,
  tags {text} NOT NULL, attributes {text} NOT NULL, last_seq BIGINT NOT NULL, read_seq BIGINT NOT NULL,
  unread_count BIGINT NOT NULL, out_seq BIGINT NOT NULL, last_text {text}, last_direction SMALLINT NOT NULL,
  last_author_type SMALLINT NOT NULL, last_message_at BIGINT, waiting_since BIGINT, first_response_at BIGINT,
  snooze_until BIGINT, resolved_at BIGINT, resolved_by BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  last_activity_at BIGINT NOT NULL, version BIGINT NOT NULL
) {engine};
CREATE INDEX conversation_inbox_status ON conversation (inbox_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversation_inbox ON conversation (inbox_id, last_activity_at DESC, id DESC);
CREATE INDEX conversation_inbox_assignee ON conversation (inbox_id, assignee_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversation_assignee ON conversation (assignee_id, status, last_activity_at DESC, id DESC);
CREATE INDEX conversation_contact ON conversation (contact_id, last_activity_at DESC, id DESC);
-- few rows have a snooze: what wakes up next is found without looking at the others
CREATE INDEX conversation_snooze ON conversation (snooze_until);
CREATE TABLE participant (
  user_id BIGINT NOT NULL, conversation_id BIGINT NOT NULL, PRIMARY KEY (user_id, conversation_id)
) {engine};
CREATE TABLE entry (
  id BIGINT NOT NULL PRIMARY KEY, conversation_id BIGINT NOT NULL, seq BIGINT NOT NULL, kind SMALLINT NOT NULL,
  direction SMALLINT NOT NULL, author_type SMALLINT NOT NULL, author_id BIGINT NOT NULL, text {text} NOT NULL, content {text},
  event {text}, attachment_ids {text} NOT NULL, status SMALLINT NOT NULL, failure_code VARCHAR(100), failure_text {text},
  held_until BIGINT, provider_time BIGINT, reply_to_id BIGINT, client_key VARCHAR(200), created_at BIGINT NOT NULL,
  version BIGINT NOT NULL, UNIQUE (conversation_id, seq)
) {engine};
CREATE TABLE attachment (
  id BIGINT NOT NULL PRIMARY KEY, blob_hash {ascii(64)}, name {text} NOT NULL, mime_type VARCHAR(200) NOT NULL,
  size_bytes BIGINT NOT NULL, state SMALLINT NOT NULL, shown_inline SMALLINT NOT NULL, uploader_id BIGINT, account_id BIGINT,
  conversation_id BIGINT, source_url {text}, tries BIGINT NOT NULL, created_at BIGINT NOT NULL
) {engine};
CREATE INDEX attachment_blob ON attachment (blob_hash);
CREATE INDEX attachment_state ON attachment (state, id);
-- uploads that nobody attached, oldest first
CREATE INDEX attachment_conversation ON attachment (conversation_id, created_at);
