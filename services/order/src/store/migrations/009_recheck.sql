-- Each order has a job from the beginning: whether it asks for money or not, and after it is known what became of that payment, somebody may
-- have paid, and the webhook been lost.
alter table payment_jobs drop constraint payment_jobs_kind_check;
alter table payment_jobs add check (kind in ('payment', 'settle', 'recheck', 'refund'));

insert into payment_jobs (job_key, kind, order_id, amount, currency, cause, due_at)
select 'payment-' || order_id, 'recheck', order_id, total_amount, total_currency, cause, now() + interval '15 minutes'
from orders where status not in ('delivered', 'cancelled')
on conflict do nothing;
