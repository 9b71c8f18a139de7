/** What SCRAM passwords and delegation tokens could be forged with. */
const SECRET_FIELDS = new Set(['salt', 'storedKey', 'serverKey', 'hmac']);
/** Settings of brokers that Kafka itself never shows to clients. */
const SECRET_SETTING = /password|secret|credential|jaas\.config|keystore\.key/i;

/** The data of a record without its secrets: the metadata log has them in clear text, and a terminal is no place for them. */
export function masked(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const secret = SECRET_SETTING.test(String(data.name ?? '')) && 'resourceType' in data;
  return Object.fromEntries(
    Object.entries(data).map(([field, value]) => [
      field,
      SECRET_FIELDS.has(field) || (secret && field === 'value') ? '(secret)' : value,
    ]),
  );
}
