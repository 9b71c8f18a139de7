import { StockReserved } from '@brew/events';
import { consume } from './consume.ts';

/** The cafe has put everything aside: now the money is asked for. */
export const onStockReserved = consume(StockReserved, () => ({ type: 'confirmStock' }));
