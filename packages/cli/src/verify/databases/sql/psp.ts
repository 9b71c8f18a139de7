import { type BookRow, PAGE, paged } from '../book.ts';

/** A payment that the provider has taken the money of. */
interface ProviderPayment {
  paymentId: string;
  amount: number;
  currency: string;
  /** In milliseconds. */
  settledAt: number;
  refunds: { refundId: string; amount: number; at: number }[];
}

export interface ProviderRow extends BookRow {
  payments: ProviderPayment[];
}

/** The payments of each order that have succeeded by now, with what was given back. */
export const providerRows = paged<ProviderRow>(
  `with page as (
     select distinct order_id from payments
     where ${PAGE}
   )
   select order_id as "orderId", extract(epoch from min(created_at))::float8 * 1000 as at,
          coalesce(json_agg(json_build_object(
            'paymentId', payment_id, 'amount', amount, 'currency', currency,
            'settledAt', extract(epoch from settles_at)::float8 * 1000,
            'refunds', (
              select coalesce(json_agg(json_build_object('refundId', refund_id, 'amount', refunds.amount,
                       'at', extract(epoch from refunds.created_at)::float8 * 1000)), '[]')
              from refunds where refunds.payment_id = payments.payment_id
            ))) filter (where outcome = 'succeeded' and settles_at <= now()), '[]') as payments
   from page join payments using (order_id)
   group by order_id order by order_id`,
);
