-- oldest_binary: 5
-- What follows a closed conversation, why somebody waits for an agent, and one truth for how many one may hold.
ALTER TABLE conversation ADD COLUMN previous_id BIGINT;
ALTER TABLE conversation ADD COLUMN closed_at BIGINT;
-- days in which a contact's message opens a closed conversation again; 0: it begins a new one
ALTER TABLE inbox ADD COLUMN reopen_days BIGINT NOT NULL DEFAULT 0;
-- reason: 0 new, 1 reopened, 2 transferred, 3 returned; from_user_id: who had it before
ALTER TABLE routing_wait ADD COLUMN reason SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE routing_wait ADD COLUMN from_user_id BIGINT;
ALTER TABLE routing_wait DROP COLUMN fresh;
-- users.open_limit is the one that counts
ALTER TABLE agent_load DROP COLUMN open_limit;
