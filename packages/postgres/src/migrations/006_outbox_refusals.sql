-- A row that Kafka refuses for what it is, such as one that is larger than its topic takes. It stays where it is, and the later rows
-- of its key wait behind it, until somebody has mended what was wrong and sets refused_at and refusal to null again.
alter table outbox add column refused_at timestamptz, add column refusal text;

create index outbox_refused on outbox (topic, key) where refused_at is not null;
