import { cut, duration, fit, type Paint } from '../text/format.ts';
import { type BoardSnapshot, type FollowedOrder, type OrderState, orderStates } from './board.ts';
import type { TopicRate } from './rates.ts';

/** An address to open, and what is there. */
export interface Address {
  what: string;
  url: string;
}

/** A process that ended by itself. */
export interface Trouble {
  name: string;
  /** What happened, in a line. */
  line: string;
}

export interface LiveModel extends BoardSnapshot {
  runningMs: number;
  addresses: readonly Address[];
  troubles: readonly Trouble[];
  /** Set while the topics can't be read: the numbers stand still. */
  stale: string | undefined;
}

export interface Terminal {
  columns: number;
  rows: number;
}

const stateTitles: Record<OrderState, string> = {
  placed: 'placed',
  paid: 'paid',
  preparing: 'preparing',
  ready: 'ready',
  on_the_way: 'on the way',
  delivered: 'delivered',
  cancelled: 'cancelled',
};

/**
 * The live view as lines of text that fit the terminal: at most `rows - 1` lines, so that the cursor's own line does not
 * scroll, of at most `columns` columns. What is least needed goes first when it gets tight: addresses, then orders.
 */
export function renderLive(model: LiveModel, terminal: Terminal, paint: Paint): string {
  const columns = Math.max(20, terminal.columns);
  const room = Math.max(1, terminal.rows - 1);
  const head = [
    `${paint('bold', 'Brew')} ${paint('dim', `· running ${duration(model.runningMs)}`)}`,
    ...model.troubles.slice(-3).map(({ line }) => paint('red', cut(`✗ ${line}`, columns))),
    ...(model.stale === undefined ? [] : [paint('yellow', cut(`! ${model.stale}`, columns))]),
    '',
    ...renderCounts(model, columns, paint),
  ];
  const rates = ['', paint('dim', 'Events per second, last 10 s'), ...renderRates(model.rates, columns)];
  const foot = ['', paint('dim', cut('Ctrl-C stops everything · npx brew order · npx brew watch', columns))];
  const addresses = ['', ...model.addresses.map(({ what, url }) => cut(`${fit(what, 13)}${url}`, columns))];

  const fixed = head.length + rates.length + foot.length;
  const minimumOfOrders = 6;
  const shownAddresses = fixed + addresses.length + minimumOfOrders <= room ? addresses : [];
  const roomForOrders = room - fixed - shownAddresses.length;
  const orders = roomForOrders >= 3 ? renderOrders(model.orders, columns, roomForOrders, paint) : [];
  return [...head, ...orders, ...rates, ...shownAddresses, ...foot]
    .slice(0, room)
    .map((line) => cut(line, columns))
    .join('\n');
}

function renderCounts({ counts }: BoardSnapshot, columns: number, paint: Paint): string[] {
  const titles = orderStates.map((state) => stateTitles[state]);
  const widths = titles.map((title, index) =>
    Math.max(title.length, String(counts[orderStates[index] ?? 'placed']).length),
  );
  const numbers = orderStates.map((state, index) => fit(String(counts[state]), widths[index] ?? 0, 'right'));
  return [
    paint(
      'dim',
      cut(titles.map((title, index) => fit(title, widths[index] ?? 0, 'right')).join('  '), columns),
    ),
    paint('bold', cut(numbers.join('  '), columns)),
  ];
}

const timeWidth = 7;
const endWidth = 18;
const idWidth = 8;
const between: readonly OrderState[] = ['paid', 'preparing', 'ready', 'on_the_way'];

function renderOrders(
  orders: readonly FollowedOrder[],
  columns: number,
  room: number,
  paint: Paint,
): string[] {
  const itemsWidth = Math.max(8, columns - idWidth - 2 - between.length * timeWidth - 1 - endWidth);
  const titles = ['paid', 'making', 'ready', 'on way']
    .map((title) => fit(title, timeWidth, 'right'))
    .join('');
  const title = `${fit('order', idWidth)}  ${fit('items', itemsWidth)}${titles} end`;
  return [
    '',
    paint('dim', cut(title, columns)),
    ...orders.slice(0, room - 2).map((order) => {
      const times = between.map((state) => fit(sincePlaced(order, state), timeWidth, 'right')).join('');
      const line = `${order.orderId.slice(-idWidth)}  ${fit(order.items, itemsWidth)}${times} ${endOf(order)}`;
      const short = cut(line, columns);
      if (order.state === 'delivered') return paint('green', short);
      return order.state === 'cancelled' ? paint('red', short) : short;
    }),
  ];
}

function endOf(order: FollowedOrder): string {
  if (order.state === 'delivered') return `${sincePlaced(order, 'delivered')} delivered`;
  return order.state === 'cancelled' ? (order.reason ?? 'cancelled').replaceAll('_', ' ') : '';
}

/** Seconds from the order to the state: "0.4". */
function sincePlaced({ times }: FollowedOrder, state: OrderState): string {
  const [from, to] = [times.placed, times[state]];
  return from === undefined || to === undefined ? '' : (Math.max(0, to - from) / 1_000).toFixed(1);
}

/** Two topics a line where there is room. */
function renderRates(rates: readonly TopicRate[], columns: number): string[] {
  const cells = rates.map(({ topic, perSecond, history }) =>
    [fit(topic, 18), fit(perSecond.toFixed(1), 7, 'right'), ` ${sparkline(history)}`].join(''),
  );
  if (columns < 76) return cells.map((cell) => cut(cell, columns));
  const half = Math.ceil(cells.length / 2);
  return cells
    .slice(0, half)
    .map((cell, index) => cut(`${fit(cell, 40)}${cells[index + half] ?? ''}`.trimEnd(), columns));
}

function sparkline(history: readonly number[]): string {
  const bars = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇'];
  const most = Math.max(1, ...history);
  return history.map((count) => bars[Math.ceil((count / most) * (bars.length - 1))]).join('');
}
