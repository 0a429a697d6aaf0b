-- Why something was not announced, or not at once.
ALTER TABLE ledger ADD COLUMN why TEXT;
