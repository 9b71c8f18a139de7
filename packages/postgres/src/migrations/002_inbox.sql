-- Events that took effect here, so that one that is delivered again has no second effect.
create table inbox (
  event_id uuid primary key,
  claimed_at timestamptz not null default now()
);

-- Rows lie in the order of time, so a block-range index finds the old ones and is a few kB for millions of rows.
create index inbox_claimed_at on inbox using brin (claimed_at);
