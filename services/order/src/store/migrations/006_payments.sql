-- The payments of an order that it does not go ahead with, as a list in the row itself: what is decided on them holds under its lock.
alter table orders add column other_payments jsonb not null default '[]';

-- An order that waits for its money has a job at all times: first to ask for the payment, then to find out what became of it.
alter table payment_jobs drop constraint payment_jobs_kind_check;
alter table payment_jobs add check (kind in ('payment', 'settle', 'refund'));
alter table payment_jobs drop constraint payment_jobs_check;
alter table payment_jobs add check (kind <> 'refund' or payment_id is not null);

-- Those that were asked for before, also of orders cancelled since: nobody has looked whether a webhook was lost.
insert into payment_jobs (job_key, kind, order_id, amount, currency, cause, due_at)
select 'payment-' || order_id, 'settle', order_id, total_amount, total_currency, cause, greatest(payment_due_at, now())
from orders where status in ('placed', 'cancelled') and payment_state = 'requested'
on conflict do nothing;

-- What was the time for the payment is now the time to wait for an answer, which is longer.
update orders set payment_due_at = now() + interval '30 minutes' where status = 'placed';
