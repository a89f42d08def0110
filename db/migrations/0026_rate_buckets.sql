-- How full the buckets of rate limits are, told by each API process, so that a limit holds over all of them. A key is the hash of a limit
-- and whom it is for. What is lost in a crash is a minute's counting, so nothing of it is logged.
create unlogged table rate_bucket (
  key text primary key,
  -- When all of it may be used again.
  full_at timestamptz not null
) with (fillfactor = 50);
