/** Every table and the types of its columns, by the table's name. */
// oxlint-disable-next-line typescript/no-empty-object-type -- filled by the first migration
export interface Tables {}
