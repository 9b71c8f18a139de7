-- What became of the payment that was asked for is known, and yet the provider is asked once more later: another payment of
-- the order may have come, and its webhook been lost.
alter table payment_jobs drop constraint payment_jobs_kind_check;
alter table payment_jobs add check (kind in ('payment', 'settle', 'recheck', 'refund'));
