/** The database that test/servers.ts migrates once and every test file clones. */
export const TEMPLATE_DATABASE = 'couponry_template';
