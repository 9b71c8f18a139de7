-- Rows of the outbox that can't be sent: those that Kafka refuses for what they are, such as one that is larger than its topic takes, and
-- the later ones of their topic and key, which wait behind them. Whoever has mended what was wrong sets refusal to null, or
-- deletes the row; the relay puts what has no refusal in front of it back. A table of its own, so that nothing has to be looked for
-- in the outbox, which may hold a million rows after an outage.
create table outbox_aside (
  id bigint primary key,              -- as in the outbox: it keeps its place
  topic text not null,
  key text not null,
  value bytea,
  headers jsonb not null,
  created_at timestamptz not null,
  aside_at timestamptz not null default now(),
  refusal text                        -- Kafka's name of the error; null for what only waits
);

create index outbox_aside_key on outbox_aside (topic, key);
