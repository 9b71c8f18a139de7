-- A payment that was called off never succeeds; also one that was called off before its request came.
alter table payments drop constraint payments_outcome_check;
alter table payments add check (outcome in ('succeeded', 'failed', 'stuck', 'cancelled'));

-- Whose webhook it is: of a payment that is called off none is sent any more.
alter table webhooks add column payment_id text;
create index webhooks_payment_id on webhooks (payment_id);
