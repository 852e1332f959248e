-- oldest_binary: 1
-- People: spaces, users, sessions, API keys, inboxes and who belongs to them.
CREATE TABLE space (
  id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL, created_at BIGINT NOT NULL
) {engine};
-- one-time values of the installation: the set-up link's hash, keys that nodes share
CREATE TABLE setting (
  name {ascii(64)} NOT NULL PRIMARY KEY, value {text} NOT NULL
) {engine};
CREATE TABLE users (
  id BIGINT NOT NULL PRIMARY KEY, space_id BIGINT NOT NULL, name VARCHAR(500) NOT NULL, email VARCHAR(254) NOT NULL,
  email_key {ascii(64)} NOT NULL UNIQUE, password_hash {text}, roles {text} NOT NULL, seat SMALLINT NOT NULL,
  active SMALLINT NOT NULL, availability SMALLINT NOT NULL, availability_since BIGINT NOT NULL, open_limit BIGINT NOT NULL,
  rights_version BIGINT NOT NULL, created_at BIGINT NOT NULL, version BIGINT NOT NULL
) {engine};
CREATE TABLE login_session (
  token_hash {ascii(64)} NOT NULL PRIMARY KEY, user_id BIGINT NOT NULL, csrf {ascii(64)} NOT NULL,
  created_at BIGINT NOT NULL, last_used_at BIGINT NOT NULL, expires_at BIGINT NOT NULL
) {engine};
CREATE INDEX login_session_user ON login_session (user_id);
CREATE TABLE invitation (
  token_hash {ascii(64)} NOT NULL PRIMARY KEY, user_id BIGINT NOT NULL, expires_at BIGINT NOT NULL
) {engine};
CREATE INDEX invitation_user ON invitation (user_id);
CREATE TABLE api_key (
  id BIGINT NOT NULL PRIMARY KEY, space_id BIGINT NOT NULL, name VARCHAR(200) NOT NULL, key_hash {ascii(64)} NOT NULL UNIQUE,
  prefix VARCHAR(32) NOT NULL, roles {text} NOT NULL, created_at BIGINT NOT NULL, last_used_at BIGINT
) {engine};
-- default_key holds the space's id while the inbox is its default one, and NULL otherwise: at most one while
CREATE TABLE inbox (
  id BIGINT NOT NULL PRIMARY KEY, space_id BIGINT NOT NULL, name VARCHAR(200) NOT NULL, description {text}, email VARCHAR(254),
  default_key BIGINT UNIQUE, color VARCHAR(16), icon VARCHAR(64), assignment_rules {text} NOT NULL,
  working_hours {text} NOT NULL, outside_hours_message {text}, auto_responder {text} NOT NULL, routing_rules {text} NOT NULL,
  email_settings {text} NOT NULL, forwarding_address VARCHAR(254) NOT NULL, created_at BIGINT NOT NULL, version BIGINT NOT NULL
) {engine};
CREATE TABLE inbox_member (
  inbox_id BIGINT NOT NULL, user_id BIGINT NOT NULL, role SMALLINT NOT NULL, availability SMALLINT,
  PRIMARY KEY (inbox_id, user_id)
) {engine};
CREATE INDEX inbox_member_user ON inbox_member (user_id);
-- changed in the transaction of every assignment and close; assignment is decided by UPDATE ... WHERE open_count < open_limit
CREATE TABLE agent_load (
  user_id BIGINT NOT NULL PRIMARY KEY, open_count BIGINT NOT NULL, open_limit BIGINT NOT NULL, last_assigned_at BIGINT NOT NULL
) {engine};
