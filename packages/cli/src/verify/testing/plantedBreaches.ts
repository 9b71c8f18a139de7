import {
  CourierAssigned,
  type EventType,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  PaymentReceived,
  PaymentRefunded,
  StockReleased,
  StockReserved,
} from '@brew/events';
import { type AnyEvent, eventOf, type Flow, soundOrder } from './soundOrder.ts';

/** An order with something wrong, in the order in which its events are to be written. */
export interface PlantedBreach {
  invariant: string;
  what: string;
  /** What is said of it. */
  sentence: string;
  events: AnyEvent[];
}

/** Without the event of that name. */
const without = (events: AnyEvent[], ...names: string[]) =>
  events.filter(({ type }) => !names.includes(type.name));

/** One event changed. */
const changed = (events: AnyEvent[], name: string, change: (event: AnyEvent) => AnyEvent) =>
  events.map((event) => (event.type.name === name ? change(event) : event));

/** Fields of one event's data changed. */
const withData = (events: AnyEvent[], name: string, data: object) =>
  changed(events, name, (event) => ({ ...event, data: { ...event.data, ...data } }));

/** One more event a second later, caused by the last. */
const followedBy = (events: AnyEvent[], ...types: EventType[]): AnyEvent[] => {
  const last = events.at(-1) as AnyEvent;
  const later = types.map((type) => eventOf(type, last.correlationId, last.time.getTime() + 1_000, last.id));
  return [...events, ...later];
};

/** Of every invariant, the ways to break it. @param at when the orders are placed, in milliseconds */
export function plantedBreaches(at: number): PlantedBreach[] {
  const order = (flow: Flow) => soundOrder(flow, at);
  const money = (amount: number, currency = 'EUR') => ({ amount: { amount, currency } });
  const items = (quantity: number, remaining: number) => ({
    items: [{ sku: 'latte', quantity, remaining }],
  });
  const plant = (invariant: string, what: string, sentence: string, events: AnyEvent[]): PlantedBreach => ({
    ...{ invariant, what, sentence, events },
  });
  const [end, cause, effect] = ['one-end', 'cause-before-effect', 'one-effect-of-a-kind'];
  const broughtAfterAll = followedBy(
    order('refunded by staff'),
    CourierAssigned as EventType,
    OrderDelivered as EventType,
  );
  const again = (change: (payment: AnyEvent) => AnyEvent) => {
    const events = order('delivered');
    return [...events, ...events.filter(({ type }) => type.name === 'PaymentReceived').map(change)];
  };
  const looped = order('delivered');
  const swapped = order('not paid');
  return [
    plant(end, 'no end', 'was placed and never ended', order('delivered').slice(0, 3)),
    plant(
      end,
      'two ends',
      'was both delivered and cancelled',
      followedBy(order('delivered'), OrderCancelled as EventType),
    ),
    plant(
      end,
      'an order that was refunded by staff and brought after all',
      'was both delivered and cancelled',
      broughtAfterAll,
    ),
    plant(
      'money',
      'the money of an order that was brought after all',
      'was delivered although the money was given back',
      broughtAfterAll,
    ),
    plant(
      'money',
      'money of an order that hangs',
      'was paid, and neither delivered nor given back',
      without(order('delivered'), 'CourierAssigned', 'OrderDelivered'),
    ),
    plant(
      cause,
      'no OrderPlaced',
      'has StockReserved without OrderPlaced',
      without(order('delivered'), 'OrderPlaced'),
    ),
    plant(
      cause,
      'a start without payment',
      'has KitchenStarted without PaymentReceived',
      without(order('delivered'), 'PaymentReceived'),
    ),
    plant(
      cause,
      'a cause that is nowhere',
      'has OrderReady, and what led to it is nowhere',
      changed(order('delivered'), 'OrderReady', (event) => ({ ...event, causationId: event.correlationId })),
    ),
    plant(
      cause,
      'an effect that led to its cause',
      'has KitchenStarted before PaymentReceived, which led to it',
      changed(looped, 'PaymentReceived', (event) => ({
        ...event,
        causationId: looped[3]?.id as string,
      })),
    ),
    plant(cause, 'an end in front of its beginning', 'has OrderCancelled before OrderPlaced', [
      ...swapped.filter(({ type }) => type.name === 'OrderCancelled'),
      ...without(swapped, 'OrderCancelled'),
    ]),
    plant(
      effect,
      'two payments',
      'has PaymentReceived more than once, as different events',
      followedBy(order('delivered'), PaymentReceived as EventType),
    ),
    plant(
      effect,
      'two deliveries',
      'has OrderDelivered more than once, as different events',
      followedBy(order('delivered'), OrderDelivered as EventType),
    ),
    plant(
      effect,
      'two answers of the kitchen',
      'has both KitchenStarted and TicketDropped',
      followedBy(order('cancelled after paying'), KitchenStarted as EventType),
    ),
    plant(
      effect,
      'two answers of the catalog',
      'has both StockReserved and StockRejected',
      followedBy(order('out of stock'), StockReserved as EventType),
    ),
    plant(
      effect,
      'two answers of the payment provider',
      'has both PaymentReceived and PaymentFailed',
      followedBy(order('declined'), PaymentReceived as EventType),
    ),
    plant(
      effect,
      'one id for two events',
      'has PaymentReceived again, under the same id with other content',
      again((event) => ({ ...event, data: { ...event.data, paymentId: 'pay-2' } })),
    ),
    plant(
      effect,
      'a second payment whose id ends alike',
      'has PaymentReceived more than once, as different events',
      again(({ id, ...event }) => ({ ...event, id: `00000000-0000-7000${id.slice(18)}` })),
    ),
    plant(
      effect,
      'one id at two times',
      'has PaymentReceived again, under the same id with another time',
      again((event) => ({ ...event, time: new Date(at + 60_000) })),
    ),
    plant(
      'money',
      'a total that is not what its items cost',
      'is to cost 0.01 USD, and its items cost 8.40 EUR',
      withData(order('not paid'), 'OrderPlaced', { total: { amount: 1, currency: 'USD' } }),
    ),
    plant(
      'money',
      'items of two currencies',
      'is to cost 8.40 EUR, and its items cost 4.20 EUR + 4.20 USD',
      changed(order('not paid'), 'OrderPlaced', (event) => {
        const [item] = event.data.items as { unitPrice: object }[];
        const in1 = (currency: string) => ({
          ...item,
          quantity: 1,
          unitPrice: { ...item?.unitPrice, currency },
        });
        return { ...event, data: { ...event.data, items: [in1('EUR'), in1('USD')] } };
      }),
    ),
    plant(
      'money',
      'too little paid',
      'cost 840 and was paid with 839',
      withData(order('delivered'), 'PaymentReceived', money(839)),
    ),
    plant(
      'money',
      'another currency',
      'has amounts in EUR and USD',
      withData(order('delivered'), 'PaymentReceived', money(840, 'USD')),
    ),
    plant(
      'money',
      'money kept',
      'was cancelled, and the money was not given back',
      without(order('cancelled after paying'), 'PaymentRefunded'),
    ),
    plant(
      'money',
      'nothing paid',
      'was delivered and never paid',
      without(order('delivered'), 'PaymentReceived'),
    ),
    plant(
      'money',
      'a gift',
      'was delivered although the money was given back',
      followedBy(order('delivered'), PaymentRefunded as EventType),
    ),
    plant(
      effect,
      'another payment given back twice',
      'has PaymentRefunded more than once, as different events',
      withData(
        followedBy(order('delivered'), PaymentRefunded as EventType, PaymentRefunded as EventType),
        'PaymentRefunded',
        {
          paymentId: 'pay-2',
        },
      ),
    ),
    plant(
      'money',
      'too much given back',
      'was paid with 840 and given back 841',
      withData(order('cancelled after paying'), 'PaymentRefunded', money(841)),
    ),
    plant(
      'stock',
      'stock below nothing',
      'left -1 latte at cafe-007: stock went below nothing',
      withData(order('delivered'), 'StockReserved', items(2, -1)),
    ),
    plant(
      'stock',
      'an unfounded refusal',
      'was rejected for 2 latte although cafe-007 is said to have 2',
      withData(order('out of stock'), 'StockRejected', {
        missing: [{ sku: 'latte', requested: 2, available: 2 }],
      }),
    ),
    plant(
      'stock',
      'less reserved than ordered',
      'wanted 2 latte at cafe-007, and 1 latte at cafe-007 was reserved',
      withData(order('delivered'), 'StockReserved', items(1, 5)),
    ),
    plant(
      'stock',
      'another item reserved than ordered',
      'wanted 2 latte at cafe-007, and 2 mocha at cafe-007 was reserved',
      withData(order('delivered'), 'StockReserved', { items: [{ sku: 'mocha', quantity: 2, remaining: 5 }] }),
    ),
    plant(
      'stock',
      'one item more reserved than ordered',
      'wanted 2 latte at cafe-007, and 2 latte + 1 mocha at cafe-007 was reserved',
      withData(order('delivered'), 'StockReserved', {
        items: [...items(2, 5).items, { sku: 'mocha', quantity: 1, remaining: 5 }],
      }),
    ),
    plant(
      'stock',
      'reserved at another cafe',
      'wanted 2 latte at cafe-007, and 2 latte at cafe-008 was reserved',
      withData(order('delivered'), 'StockReserved', { cafeId: 'cafe-008' }),
    ),
    plant(
      'stock',
      'nothing reserved',
      'was delivered without stock reserved for it',
      without(order('delivered'), 'StockReserved'),
    ),
    plant(
      'stock',
      'sold and released',
      'was delivered although its stock was released',
      followedBy(order('delivered'), StockReleased as EventType),
    ),
    plant(
      'stock',
      'stock not released',
      'was cancelled, and its stock was not released',
      without(order('not paid'), 'StockReleased'),
    ),
    plant(
      'stock',
      'more released than reserved',
      'had 2 latte at cafe-007 reserved, and 3 latte at cafe-007 was released',
      withData(order('not paid'), 'StockReleased', items(3, 15)),
    ),
  ];
}
