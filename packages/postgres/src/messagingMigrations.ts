/** The tables outbox, inbox and parked_keys, for `migrate()`. */
export const messagingMigrations = new URL('./migrations/', import.meta.url);
