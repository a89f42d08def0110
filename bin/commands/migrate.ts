import { type Configuration, ConfigurationError, requireServices } from '../configuration.ts';
import { openDataFolder } from '../data-folder.ts';
import { bringToVersion, connectDatabase } from '../database.ts';
import { firstStart } from '../first-start.ts';

/** `couponry migrate`. With `firstStart`, also makes what a new installation begins with. */
export const migrateDatabase = async (configuration: Configuration, options: { firstStart?: true }): Promise<void> => {
  const { databaseUrl } = configuration;
  if (databaseUrl === null)
    throw new ConfigurationError('DATABASE_URL must be set: `couponry start` migrates the embedded database itself');
  const sql = await connectDatabase({ ...configuration, databaseUrl }, 'couponry migrate');
  try {
    await bringToVersion(sql, console.log);
    if (options.firstStart !== true) return;
    const folder = openDataFolder(configuration.dataDir);
    try {
      await firstStart({ sql, configuration: requireServices(configuration), kept: folder.firstStart, log: console.log });
      console.log(`The keys of the projects and the address for signups are in ${folder.path}/first-start.json`);
    } finally {
      folder.release();
    }
  } finally {
    await sql.end({ timeout: 2 });
  }
};
