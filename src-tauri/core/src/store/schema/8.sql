-- The popups that may be on the screen, for the run after one that could not take them off.
CREATE TABLE popup (
    service TEXT NOT NULL,     -- the notification service that shows it; one that was started anew is another
    number  INTEGER NOT NULL,  -- what that calls it
    PRIMARY KEY (service, number)
) STRICT, WITHOUT ROWID;
