/** What a text has to be. */
export interface TextRule {
  /** In characters. */
  readonly max: number;
  readonly pattern: RegExp;
  /** All that there are of it, where these are few: asked for sooner than the pattern is matched. */
  readonly values?: ReadonlySet<string>;
  /** For messages: "is x, not WHAT". */
  readonly what: string;
}

/** What a number, or the length of a list, has to be: from `min` to `max`. */
export interface RangeRule {
  readonly min: number;
  readonly max: number;
}

/** One line, with something in it: no control characters, which do as they like with terminals, logs and databases. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out
const LINE = /^(?=\s*\S)[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

/** The same in some lines, as addresses are written. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is kept out
const LINES = /^(?=\s*\S)[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029]*$/;

const line = (max: number): TextRule => ({
  max,
  pattern: LINE,
  what: `a line of up to ${max} characters`,
});

/** Written out: V8 counts `{8}` as it goes, which takes four times as long, and there is one of these in each event. */
const hex = (digits: number) => '[0-9a-f]'.repeat(digits);

/** All that this Node knows, also those that were. */
const currencies = Intl.supportedValuesOf('currency');
const MOST_LINES = 20;
const MOST_OF_A_LINE = 99;
const HIGHEST_PRICE = 1_000_000;

/**
 * What is in our events, beyond their schemas: what HTTP takes in, what is emitted, and what is believed of a record are checked by these.
 * Whoever widens one deploys the readers first.
 */
export const rules = {
  uuid: {
    max: 36,
    pattern: new RegExp(`^${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}$`),
    what: 'a UUID in lower case',
  },
  sku: {
    max: 50,
    pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    what: 'lower-case letters, digits and hyphens',
  },
  id: line(50),
  /** An id that others give out, such as the payment provider. */
  foreignId: line(100),
  name: line(100),
  address: { max: 300, pattern: LINES, what: 'a text of up to 300 characters' },
  reason: line(200),
  currency: {
    max: 3,
    pattern: new RegExp(`^(?:${currencies.join('|')})$`),
    values: new Set(currencies),
    what: 'an ISO 4217 code such as EUR',
  },
  /** Of a payment. What customers paid in is no price of ours, and may be a currency that this Node has not heard of. */
  paidCurrency: { max: 3, pattern: /^[A-Z]{3}$/, what: 'a currency code of three capital letters' },
  quantity: { min: 1, max: MOST_OF_A_LINE },
  items: { min: 1, max: MOST_LINES },
  /** One for each item of an order, which may be named twice. */
  stockLines: { min: 0, max: MOST_LINES },
  /** Free coffee on Fridays costs nothing. */
  price: { min: 0, max: HIGHEST_PRICE },
  total: { min: 0, max: MOST_LINES * MOST_OF_A_LINE * HIGHEST_PRICE },
  /** Of a payment: what the provider says, which need not be what was asked for; of what is free, nothing. avsc writes no larger number. */
  paid: { min: 0, max: Number.MAX_SAFE_INTEGER - 1 },
  preparationSeconds: { min: 0, max: 3_600 },
  /** All that one order can have of an item. */
  stock: { min: 1, max: MOST_LINES * MOST_OF_A_LINE },
  /** Below nothing is a defect of ours, which is to be seen: `brew verify` tells of it. */
  left: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  slot: { min: 1, max: 10_000 },
  /** Milliseconds since 1970, up to the last year with four digits. */
  time: { min: 0, max: Date.UTC(10_000, 0) - 1 },
} satisfies Record<string, TextRule | RangeRule>;

/**
 * The most bytes that an event's value has: the largest order that there can be takes a quarter of that. Who reads some fields alone learns
 * by it, too, that there is an address of a megabyte among the others.
 */
const LARGEST_EVENT = 64 * 1024;

/** What is wrong with the size of an event's value, in bytes; undefined when nothing is. */
export const problemInSize = (bytes: number): string | undefined =>
  bytes > LARGEST_EVENT ? `it has ${bytes} bytes, and may have ${LARGEST_EVENT}` : undefined;

/** By the record and the field, or the field that holds the record and the field, or by the field alone. */
const byField: Readonly<Record<string, TextRule | RangeRule>> = {
  orderId: rules.uuid,
  sku: rules.sku,
  cafeId: rules.id,
  courierId: rules.id,
  courierName: rules.name,
  name: rules.name,
  address: rules.address,
  paymentId: rules.foreignId,
  refundId: rules.foreignId,
  reason: rules.reason,
  currency: rules.currency,
  'OrderPlaced.items': rules.items,
  items: rules.stockLines,
  missing: rules.stockLines,
  'OrderItem.quantity': rules.quantity,
  'StockItem.quantity': rules.stock,
  requested: rules.stock,
  remaining: rules.left,
  available: rules.left,
  'price.amount': rules.price,
  'unitPrice.amount': rules.price,
  unitPrice: rules.price,
  'total.amount': rules.total,
  total: rules.total,
  'amount.amount': rules.paid,
  'amount.currency': rules.paidCurrency,
  preparationSeconds: rules.preparationSeconds,
  slot: rules.slot,
};

/** The rule of a field; undefined when there is none. @param holder the field that the record is in; at the top, the event */
export const ruleOf = (record: string, holder: string, field: string): TextRule | RangeRule | undefined =>
  byField[`${record}.${field}`] ?? byField[`${holder}.${field}`] ?? byField[field];
