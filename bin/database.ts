import { type Sql, connect } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import { type Log, StartError } from '../embedded/part.ts';
import type { ServiceConfiguration } from './configuration.ts';

/**
 * Opens a pool that has answered once.
 * @throws {StartError} where it does not
 */
export const connectDatabase = async (
  configuration: Pick<ServiceConfiguration, 'databaseUrl' | 'databaseConnections'>,
  name: string,
): Promise<Sql> => {
  const sql = connect(configuration.databaseUrl, { max: configuration.databaseConnections, name });
  try {
    await sql`select 1`;
    return sql;
  } catch (error) {
    await sql.end({ timeout: 1 });
    const { hostname, port, pathname } = new URL(configuration.databaseUrl);
    const why = (error as Error).message || (error as NodeJS.ErrnoException).code;
    throw new StartError(`DATABASE_URL: Postgres at ${hostname}:${port || 5432}${pathname} does not let us in: ${why}`, { cause: error });
  }
};

/**
 * Brings the database to this version and says so.
 * @throws {MigrationError}
 */
export const bringToVersion = async (sql: Sql, log: Log): Promise<void> => {
  const applied = await migrate(sql);
  if (applied.length > 0) log(`Migrations: ${applied.length} applied, up to ${applied.at(-1)}`);
};
