import { defaultStaffToken } from '@brew/sandbox';
import { createShop } from '@brew/simulator';
import type { Brew } from './brew.ts';
import { serveCustomers, type Visit } from './customers.ts';
import { type OrderService, replaceOrderService } from './orderService.ts';

export const CUSTOMERS = 200;
/** Long enough for a decline to come in time on a busy machine. */
const PAYMENT_TIMEOUT_SECONDS = 20;

const cafes = ['cafe-001', 'cafe-002', 'cafe-003', 'cafe-004', 'cafe-005', 'cafe-006'];
/** What every cafe has so few of that some orders find none left. */
const SCARCE = 'yuzu-cheesecake';
const REFILL = 4;

const misbehaviour = {
  declineRate: 0.1,
  lateRate: 0.15,
  duplicateRate: 0.3,
  outOfOrderRate: 0.3,
  silentRate: 0.05,
  delayMs: 200,
};

/** How many of what is where: the key is made by `shelf`. */
type Shelves = Record<string, number>;

export const shelf = (cafeId: string, sku: string) => `${cafeId} ${sku}`;

export interface BadDay {
  visits: Visit[];
  /** What was on the shelves before, together with what was brought. */
  goods: Shelves;
  /** What is on the shelves now. */
  shelves(): Promise<Shelves>;
  /** In cents, as the menu showed them. */
  prices: Map<string, number>;
  /** When nothing is under way any more: the shop is as it was before. */
  end(): Promise<void>;
}

/**
 * 200 of the simulator's customers, some of whom cancel; a payment provider that does everything wrong; and two services
 * that are killed with orders in every state. Resolves when nobody wants anything any more, but much is still under way.
 */
export async function spendBadDay(brew: Brew): Promise<BadDay> {
  const { url } = brew;
  const orderService = await replaceOrderService(brew, {
    PAYMENT_TIMEOUT_SECONDS: String(PAYMENT_TIMEOUT_SECONDS),
  });
  const { signal } = new AbortController();
  const shop = createShop({
    orderUrl: url('order'),
    catalogUrl: url('catalog'),
    staffToken: defaultStaffToken,
    signal,
  });

  async function shelves(): Promise<Shelves> {
    const found: Shelves = {};
    for (const cafeId of cafes) {
      for (const { sku, available } of await shop.stock(cafeId)) found[shelf(cafeId, sku)] = available;
    }
    return found;
  }

  async function bringGoods(): Promise<void> {
    for (const cafeId of cafes) {
      await shop.deliver(cafeId, [{ sku: SCARCE, quantity: REFILL }]);
      goods[shelf(cafeId, SCARCE)] = (goods[shelf(cafeId, SCARCE)] ?? 0) + REFILL;
    }
  }

  async function killAndStart({ kill, start }: Pick<OrderService, 'kill' | 'start'>): Promise<void> {
    await kill();
    await start();
  }
  const kitchen = { kill: () => brew.kill('kitchen'), start: () => brew.start('kitchen') };

  const goods = await shelves();
  const prices = await menuPrices(url('catalog'));
  await brew.behave({ ...misbehaviour, lateMs: 3_000 });

  /** What happens as the n-th customer comes in. */
  const incidents: Record<number, () => Promise<void>> = {
    40: () => killAndStart(kitchen),
    80: bringGoods,
    // From now on, whoever pays late would pay for an order that has been given up: those payments are called off.
    100: () => brew.behave({ ...misbehaviour, lateMs: (PAYMENT_TIMEOUT_SECONDS + 600) * 1_000 }),
    135: bringGoods,
    150: () => killAndStart(orderService),
  };
  const happening: (Promise<void> | undefined)[] = [];
  const visits = await serveCustomers({
    shop,
    assortment: { ...(await shop.assortment()), cafes },
    count: CUSTOMERS,
    rate: 15,
    seed: 4,
    cancelRate: 0.15,
    extra: (n) => (n % 8 === 0 ? [{ sku: SCARCE, quantity: 3 }] : []),
    onArrival: (n) => void happening.push(incidents[n]?.()),
  });
  await Promise.all(happening);
  return { visits, goods, shelves, prices, end: orderService.end };
}

async function menuPrices(catalogUrl: string): Promise<Map<string, number>> {
  const menu = (await (await fetch(`${catalogUrl}/menu`)).json()) as {
    items: { sku: string; price: { amount: number } }[];
  };
  return new Map(menu.items.map(({ sku, price }) => [sku, price.amount]));
}
