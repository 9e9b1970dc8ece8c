-- What an operator says of a feed goes before what the feed says of itself.
ALTER TABLE feed ADD COLUMN given_title TEXT;

-- Categories that an operator took from a feed while its links may still have them; '' stands for
-- none. Its links are gone through piece by piece, and the rows go with the last.
CREATE TABLE left_category (
  feed_id INTEGER NOT NULL REFERENCES feed (feed_id) ON DELETE CASCADE,
  category TEXT NOT NULL,
  PRIMARY KEY (feed_id, category)
) STRICT, WITHOUT ROWID;
