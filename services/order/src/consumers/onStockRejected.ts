import { StockRejected } from '@brew/events';
import { consume } from './consume.ts';

/** The cafe lacks something: the order ends here. */
export const onStockRejected = consume(StockRejected, ({ rejectedAt }) => ({
  type: 'refuseStock',
  at: rejectedAt,
}));
