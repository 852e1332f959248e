-- oldest_binary: 5
-- What channels say of a contact, and whom we do not want to hear of.
-- blocked: by us. channel_facts: what was taken over from a channel, so that the channel may change or clear it again
ALTER TABLE contact ADD COLUMN blocked SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN channel_facts {text};
-- 0 reachable, 1 not, 2 has blocked us
ALTER TABLE identity ADD COLUMN reachability SMALLINT NOT NULL DEFAULT 0;
