import pg from 'pg';

type Connection = Parameters<pg.Submittable['submit']>[0] & {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

/**
 * Copies rows into a table, within the connection's transaction.
 * @param target the table, with the columns that each row has: `orders (order_id, placed_at)`. Not from outside: it is not quoted.
 * @param rows what a RowWriter made
 */
export function copyIn(client: pg.ClientBase, target: string, rows: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    // pg knows how to ask and how to send, and leaves it to whoever asks to have something to send.
    const query = new pg.Query({ text: `copy ${target} from stdin (format binary)` }, (error) =>
      error ? reject(error) : resolve(),
    );
    Object.assign(query, {
      handleCopyInResponse(connection: Connection) {
        connection.sendCopyFromChunk(rows);
        connection.endCopyFrom();
      },
    });
    client.query(query);
  });
}
