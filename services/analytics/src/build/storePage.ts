import { type Tx, transactOn } from '@brew/postgres';
import { BuildSupersededError } from '../errors.ts';
import type { Page } from '../orders/book.ts';
import type { Move } from './positions.ts';

/** Everything that a flush stores. */
export interface StoredPage {
  /** Of the generations. */
  schemas: readonly string[];
  pages: readonly Page[];
  moves: readonly Move[];
  /** Runs within the transaction, first: throws when these generations are not to be written any more. */
  guard?: ((tx: Tx) => Promise<void>) | undefined;
  alongside(tx: Tx): Promise<void>;
}

/**
 * Stores tables, what is known of the orders at hand, and positions in one transaction: all of it or nothing, whatever is killed.
 * @throws BuildSupersededError when the positions are not those that were stored last: somebody else has written
 */
export async function storePage(client: Tx, page: StoredPage): Promise<void> {
  await transactOn(client, async (tx) => {
    await page.guard?.(tx);
    // First: whoever else writes to these tables waits here, and then finds other positions than it expects.
    for (const schema of page.schemas) await movePositions(tx, schema, page.moves);
    for (const each of page.pages) await each.store(tx);
    await page.alongside(tx);
  });
}

async function movePositions(tx: Tx, schema: string, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return;
  const { rowCount } = await tx.query(
    `insert into ${schema}.positions as stored (topic, partition, next_offset)
     select topic, partition, after from unnest($1::text[], $2::int[], $4::bigint[]) as move (topic, partition, after)
     on conflict (topic, partition) do update set next_offset = excluded.next_offset
     where stored.next_offset = (
       select before from unnest($1::text[], $2::int[], $3::bigint[]) as move (topic, partition, before)
       where move.topic = stored.topic and move.partition = stored.partition)`,
    [
      moves.map(({ topic }) => topic),
      moves.map(({ partition }) => partition),
      moves.map(({ before }) => before?.toString() ?? null),
      moves.map(({ after }) => String(after)),
    ],
  );
  if (rowCount !== moves.length) throw new BuildSupersededError(schema);
}
