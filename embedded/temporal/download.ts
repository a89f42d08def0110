/** Run as a process: `node download.ts <folder>`. Temporal's SDK downloads its dev server to the folder, and starts it once. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [, , downloadDir] = process.argv;
try {
  const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir } } });
  await environment.teardown();
} catch (error) {
  // The last line is what the terminal shows.
  console.error((error as Error).message.replaceAll(/\s*\n\s*/g, ' '));
  process.exitCode = 1;
}
