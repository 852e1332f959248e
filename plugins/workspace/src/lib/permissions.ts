/** Names of the permissions this workspace asks about; the catalogue itself is the server's. */
export const may = {
  view: 'inbox/conversations/view',
  workAssigned: 'inbox/conversations/work-assigned',
  manageAll: 'inbox/conversations/manage-all',
  reply: 'inbox/my-work/reply',
  noteRead: 'inbox/my-work/note-read',
  noteWrite: 'inbox/my-work/note-write',
  attach: 'inbox/my-work/attach',
  undo: 'inbox/my-work/undo-send',
  status: 'inbox/my-work/change-status',
  priority: 'inbox/my-work/change-priority',
  tags: 'inbox/my-work/edit-tags',
  allWork: 'inbox/all-work/view',
  claim: 'inbox/assignment/claim',
  assignSelf: 'inbox/assignment/assign-self',
  assignOthers: 'inbox/assignment/assign-others',
  takeOver: 'inbox/assignment/take-over',
  contactsView: 'inbox/contacts/view',
  contactsEdit: 'inbox/contacts/edit',
  contactsCreate: 'inbox/contacts/create',
  changeOwner: 'inbox/assignment/change-owner',
  start: 'inbox/my-work/start-conversation',
  inboxes: 'inbox/setup/queues',
  channels: 'inbox/setup/channels',
  users: 'inbox/admin/users',
  roles: 'inbox/admin/roles',
  seats: 'inbox/admin/seats',
  apiKeys: 'inbox/admin/api-keys',
  privateNetworks: 'inbox/admin/private-networks',
  plugins: 'inbox/setup/plugins'
} as const;

export type PermissionName = (typeof may)[keyof typeof may];
