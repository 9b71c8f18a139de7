import type { Tx } from '@brew/postgres';
import { type BookRow, ms, PAGE, paged } from '../book.ts';

interface StoredMoney {
  amount: number;
  currency: string;
}

/** A payment that order-service knows of. */
interface StoredPayment {
  paymentId: string;
  amount: StoredMoney;
  refundId?: string | undefined;
}

export interface OrderRow extends BookRow {
  cafeId: string;
  channel: string;
  items: unknown;
  customer: unknown;
  total: StoredMoney;
  status: string;
  cancelReason: string | null;
  /** When it reached each status, in milliseconds; null: it did not. */
  times: Record<string, number | null>;
  cancellationRequestedAt: number | null;
  paymentState: string;
  /** Whether the provider is still to be asked for something. */
  asks: boolean;
  /** What it goes ahead with, if there is such a payment. */
  accepted: StoredPayment | null;
  others: StoredPayment[];
}

const statuses = ['placed', 'paid', 'preparing', 'ready', 'on_the_way', 'delivered', 'cancelled'];

export const orderRows = paged<OrderRow>(
  `select order_id as "orderId", cafe_id as "cafeId", channel, items, customer, status, cancel_reason as "cancelReason",
          ${ms('placed_at')} as at, payment_state as "paymentState", ${ms('cancellation_requested_at')} as "cancellationRequestedAt",
          json_build_object(${statuses.map((status) => `'${status}', ${ms(`${status}_at`)}`).join(', ')}) as times,
          exists (select from payment_jobs where payment_jobs.order_id = orders.order_id and kind <> 'refund') as asks,
          json_build_object('amount', total_amount, 'currency', total_currency) as total,
          case when payment_id is not null then json_build_object('paymentId', payment_id, 'refundId', refund_id,
            'amount', json_build_object('amount', payment_amount, 'currency', payment_currency)) end as accepted,
          other_payments as others
   from orders where ${PAGE}`,
);

export interface HangingOrder {
  orderId: string;
  status: string;
  /** Since the payment. */
  seconds: number;
}

/** Those that were paid longer ago, by the database's clock, and have not ended. */
export async function hangingOrders(db: Tx, afterSeconds: number): Promise<HangingOrder[]> {
  const { rows } = await db.query<HangingOrder>(
    `select order_id as "orderId", status, extract(epoch from now() - under_way_since)::float8 as seconds
     from orders where under_way_since <= now() - make_interval(secs => $1) order by under_way_since`,
    [afterSeconds],
  );
  return rows;
}
