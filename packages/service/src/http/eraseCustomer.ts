import { rules } from '@brew/events';
import type { Database, Prunable } from '@brew/postgres';
import { z } from 'zod';
import { type Route, route } from './route.ts';
import { textOf } from './rules.ts';

const erased = JSON.stringify({ name: '(erased)', address: '(erased)' });

/** Rows that are looked at in one transaction, so that none takes long, however many orders there are. */
const PORTION = 10_000;

interface Page {
  /** The last order that was looked at; null when there are no more. */
  last: string | null;
  erased: number;
  underWay: number;
}

/**
 * POST /erasures: forgets a person's name and address in orders that are over. Those under way are left and counted: somebody has to bring them
 * to the door.
 *
 * @param rows with a column `customer` of JSON that has a name and an address
 */
export const eraseCustomer = ({ db }: { db: Database }, { table, over }: Prunable): Route =>
  route({
    method: 'post',
    path: '/erasures',
    summary: "Forget a customer's name and address in orders that are over",
    staff: true,
    body: z.strictObject({
      name: textOf(rules.name).describe('exactly as in the orders, but for how Unicode composes its letters'),
      address: textOf(rules.address).optional().describe('where it is not everybody of that name'),
      dryRun: z.boolean().default(false).describe('only count them'),
    }),
    responses: {
      200: {
        description: 'How many orders were found',
        schema: z.strictObject({ erased: z.int(), underWay: z.int().describe('left as they are') }),
      },
    },
    async handle({ body: { name, address, dryRun }, signal }) {
      const eraseAfter = async (last: string): Promise<Page> => {
        const { rows } = await db.query<Page>(
          `with page as (
             select order_id, customer, (${over}) as over from ${table} where order_id > $1 order by order_id limit ${PORTION}
           ), found as (
             select order_id, over from page
             where normalize(customer ->> 'name') = normalize($2)
               and ($3::text is null or normalize(customer ->> 'address') = normalize($3))
           ), erased as (
             update ${table} set customer = $4 where order_id in (select order_id from found where over and not $5)
           )
           select (select max(order_id) from page) as last, count(*) filter (where over)::int as erased,
                  count(*) filter (where not over)::int as "underWay"
           from found`,
          [last, name, address ?? null, erased, dryRun],
        );
        return rows[0] as Page;
      };
      const found = { erased: 0, underWay: 0 };
      for (let page = await eraseAfter(''); page.last !== null; page = await eraseAfter(page.last)) {
        signal.throwIfAborted();
        found.erased += page.erased;
        found.underWay += page.underWay;
      }
      return { status: 200, body: found };
    },
  });
