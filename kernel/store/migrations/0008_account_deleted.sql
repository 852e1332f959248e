-- oldest_binary: 5
-- When an account was deleted. Its row stays, as its conversations name it; older programs see it as disabled.
ALTER TABLE account ADD COLUMN deleted_at BIGINT;
