import { StockReserved } from '@brew/events';
import { consume } from './consume.ts';

/** The cafe has put everything aside: now the money is asked for, if there is any to pay. */
export const onStockReserved = consume(StockReserved, ({ reservedAt }) => ({
  type: 'confirmStock',
  at: reservedAt,
}));
