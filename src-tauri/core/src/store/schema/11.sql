-- Why a message was announced, and when the desktop had taken its popup; empty where that was never noted.
ALTER TABLE ledger ADD COLUMN grounds TEXT;
ALTER TABLE ledger ADD COLUMN shown_at INTEGER;
