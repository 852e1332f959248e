/** Generated from the API's OpenAPI document by schema.mjs; change the API, then `npm run schema`. */
export interface paths {
    "/api/support/auth/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is there an administrator yet?
         * @description Open to everybody.
         */
        get: operations["getAuthState"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/auth/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the first administrator, by the one-time link
         * @description Open to everybody.
         */
        post: operations["postAuthSetup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in
         * @description Repeated failures are answered 429 with Retry-After. Availability starts as away.
         *
         *     Open to everybody.
         */
        post: operations["postAuthLogin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out
         * @description For whoever is signed in; what one may not see is 404.
         */
        post: operations["postAuthLogout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change one's password
         * @description For whoever is signed in; what one may not see is 404.
         */
        post: operations["postAuthPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/auth/invitations/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whom an invitation is for
         * @description Open to everybody.
         */
        get: operations["getAuthInvitationsToken"];
        put?: never;
        /**
         * Accept an invitation: choose a password
         * @description Open to everybody.
         */
        post: operations["postAuthInvitationsToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/me/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Be available, away or offline
         * @description Away and offline also end "available" in single inboxes.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        put: operations["putMeAvailability"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All users
         * @description Needs `inbox/admin/users` or `inbox/admin/seats` or `inbox/setup/queues`.
         */
        get: operations["getUsers"];
        put?: never;
        /**
         * Invite a user
         * @description Without `seat` everybody gets one but a mere Viewer.
         *
         *     Needs `inbox/admin/users`.
         */
        post: operations["postUsers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One user
         * @description Needs `inbox/admin/users` or `inbox/admin/seats` or `inbox/setup/queues`.
         */
        get: operations["getUsersId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a user's name, roles, capacity, or whether they are active
         * @description Capacity needs inbox/supervise/capacity-set, all else inbox/admin/users. If-Match with the ETag refuses a stale change with 412.
         *
         *     Needs `inbox/admin/users` or `inbox/supervise/capacity-set`.
         */
        patch: operations["patchUsersId"];
        trace?: never;
    };
    "/api/support/users/{id}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A new link, for a lost one or a forgotten password
         * @description Needs `inbox/admin/users`.
         */
        post: operations["postUsersIdInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/users/{id}/seat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Give or take a seat
         * @description Without a seat a user is a viewer, whatever their roles.
         *
         *     Needs `inbox/admin/seats` or `inbox/admin/users`.
         */
        put: operations["putUsersIdSeat"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/users/{id}/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set another agent's availability
         * @description Needs `inbox/supervise/agent-status-set`.
         */
        put: operations["putUsersIdAvailability"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The roles and what they allow
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All permissions, what each allows and what it depends on
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getPermissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All API keys
         * @description Needs `inbox/admin/api-keys`.
         */
        get: operations["getApiKeys"];
        put?: never;
        /**
         * Create an API key; it is shown this once
         * @description A key sees every inbox of its space, as far as its roles reach. A repeated call is 409: what it made cannot be shown again.
         *
         *     Needs `inbox/admin/api-keys`.
         */
        post: operations["postApiKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete an API key; it is void at once
         * @description Needs `inbox/admin/api-keys`.
         */
        delete: operations["deleteApiKeysId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All inboxes that one may see
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getInboxes"];
        put?: never;
        /**
         * Create an inbox
         * @description Needs `inbox/setup/queues`.
         */
        post: operations["postInboxes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One inbox
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getInboxesId"];
        /**
         * Change an inbox: what is absent stays
         * @description Top-level members merge; null clears an optional one; an object or list replaces the old one whole. If-Match with the ETag refuses a stale change with 412. For its admins, and who has `inbox/setup/queues`.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        put: operations["putInboxesId"];
        post?: never;
        /**
         * Delete an inbox
         * @description Not the default one. Finished conversations go to the default inbox unless moveTo names another.
         *
         *     Needs `inbox/setup/queues`.
         */
        delete: operations["deleteInboxesId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures of an inbox
         * @description Averages in seconds, over the last 30 days: first customer message to first human answer, creation to last resolve. Today is the inbox's own day.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        get: operations["getInboxesIdStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}/stats/team": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures of an inbox by person
         * @description Over the last 30 days. Handled are conversations in which they wrote to the customer; the average is over the first answers that were theirs.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        get: operations["getInboxesIdStatsTeam"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Members of an inbox
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getInboxesIdMembers"];
        put?: never;
        /**
         * Add a member, or change their role
         * @description For its admins, and who has `inbox/setup/queues`.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        post: operations["postInboxesIdMembers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}/members/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a member
         * @description For its admins, and who has `inbox/setup/queues`.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        delete: operations["deleteInboxesIdMembersUserId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/inboxes/{id}/members/{userId}/availability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * A member's availability in this inbox
         * @description One's own; another's for the inbox's admins, and who has `inbox/setup/queues` or `inbox/supervise/agent-status-set`.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        put: operations["putInboxesIdMembersUserIdAvailability"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Channel plugins that are loaded
         * @description Needs `inbox/setup/channels` or `inbox/setup/plugins`.
         */
        get: operations["getChannels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All accounts
         * @description Without `inbox/setup/channels` how it is set up is left out.
         *
         *     Needs `inbox/setup/channels` or `inbox/my-work/start-conversation`.
         */
        get: operations["getAccounts"];
        put?: never;
        /**
         * Create an account; it starts at once
         * @description `id` is 1 to 40 of a-z, 0-9 and -, stands in URLs and never changes. `config` is checked against the channel's configSchema; what is secret in it is sealed and never shown again. An id that was deleted comes back with its conversations, for the same channel only. `egress.allowCidrs` needs `inbox/admin/private-networks`.
         *
         *     Needs `inbox/setup/channels`.
         */
        post: operations["postAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One account
         * @description Needs `inbox/setup/channels` or `inbox/my-work/start-conversation`.
         */
        get: operations["getAccountsId"];
        put?: never;
        post?: never;
        /**
         * Delete an account
         * @description It stops after what it is doing; its configuration and secrets go. Its conversations stay and can be read, not answered. 409 while messages wait to be sent through it, unless waiting=fail; 409 for one that stands in the configuration file.
         *
         *     Needs `inbox/setup/channels`.
         */
        delete: operations["deleteAccountsId"];
        options?: never;
        head?: never;
        /**
         * Change an account; what runs follows at once
         * @description Absent keeps, null clears what is optional. `config` is replaced whole, but a secret that is absent in it keeps its value, and null clears it. A configuration that the plugin refuses changes nothing. An account in state failed is started anew, also by an empty change. 409 for one that stands in the configuration file. If-Match with the ETag refuses a stale change with 412.
         *
         *     Needs `inbox/setup/channels`.
         */
        patch: operations["patchAccountsId"];
        trace?: never;
    };
    "/api/support/accounts/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try an account's configuration
         * @description With `config`: that one, in which absent secrets are the stored ones. It is started beside what runs, takes nothing in, and nothing is kept.
         *
         *     Needs `inbox/setup/channels`.
         */
        post: operations["postAccountsIdTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/accounts/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a configuration before there is an account
         * @description Needs `inbox/setup/channels`.
         */
        post: operations["postAccountsTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plugins that are loaded, and how the instances of each are
         * @description Needs `inbox/setup/plugins`.
         */
        get: operations["getPlugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/plugins/{id}/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run the build of a plugin that its file holds now
         * @description For all plugins in the same file. New instances start beside the old ones and take over what comes in; then the old ones finish what they have. 422 for a file that is no sound plugin or does not take the configurations there are: nothing changes. Put a new file in place by renaming, as packages do, not by writing over the one that runs.
         *
         *     Needs `inbox/setup/plugins`.
         */
        post: operations["postPluginsIdReload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The feed of events
         * @description Ids, states and numbers; never text, names or addresses. 409 `cursor_reset` when the events after a cursor are gone.
         *
         *     Needs `inbox/analytics/export-raw`.
         */
        get: operations["getEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Conversations that one may see, newest activity first
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getConversations"];
        put?: never;
        /**
         * Write to a customer first
         * @description Needs `inbox/my-work/start-conversation`.
         */
        post: operations["postConversations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How many are open and unread; each figure is capped at 1000
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getConversationsCounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One conversation
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getConversationsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change subject, priority, custom fields
         * @description For whoever is signed in; what one may not see is 404.
         */
        patch: operations["patchConversationsId"];
        trace?: never;
    };
    "/api/support/conversations/{id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change the status; 409 names what is allowed
         * @description For whoever is signed in; what one may not see is 404.
         */
        put: operations["putConversationsIdStatus"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Replace the tags
         * @description For whoever is signed in; what one may not see is 404.
         */
        put: operations["putConversationsIdTags"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark as read up to an entry
         * @description For whoever is signed in; what one may not see is 404.
         */
        post: operations["postConversationsIdRead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an unassigned conversation; 409 says who was faster
         * @description For whoever is signed in; what one may not see is 404.
         */
        post: operations["postConversationsIdClaim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Assign to a user, to nobody (null), and set participants
         * @description For whoever is signed in; what one may not see is 404.
         */
        post: operations["postConversationsIdAssign"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/typing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * One is typing: shown to colleagues and, where the channel can, the customer
         * @description Needs `inbox/my-work/reply`.
         */
        post: operations["postConversationsIdTyping"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Why this agent: the stored routing decisions, newest first
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getConversationsIdDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages, notes and events by seq, oldest first within a page; without parameters the newest page
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getConversationsIdTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write to the customer: held for the undo window, then sent
         * @description An unassigned conversation is claimed in the same step.
         *
         *     Needs `inbox/my-work/reply`.
         */
        post: operations["postConversationsIdMessages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add an internal note
         * @description Needs `inbox/my-work/note-write`.
         */
        post: operations["postConversationsIdNotes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/messages/{messageId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Undo a held message; 409 once it is on its way
         * @description Needs `inbox/my-work/undo-send`.
         */
        delete: operations["deleteConversationsIdMessagesMessageId"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/messages/{messageId}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a failed or unknown message again
         * @description Needs `inbox/my-work/reply`.
         */
        post: operations["postConversationsIdMessagesMessageIdRetry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/conversations/{id}/messages/{messageId}/mark-sent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Settle a message that may have been sent
         * @description Needs `inbox/my-work/reply`.
         */
        post: operations["postConversationsIdMessagesMessageIdMarkSent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Contacts, newest first
         * @description Needs `inbox/contacts/view`.
         */
        get: operations["getContacts"];
        put?: never;
        /**
         * Create a contact
         * @description Needs `inbox/contacts/create`.
         */
        post: operations["postContacts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One contact
         * @description Needs `inbox/contacts/view`.
         */
        get: operations["getContactsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a contact: what is absent stays
         * @description Needs `inbox/contacts/edit`.
         */
        patch: operations["patchContactsId"];
        trace?: never;
    };
    "/api/support/attachments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload a file: the bytes, or multipart/form-data with a field file
         * @description Its owner's alone until attached, for 24 hours; only its owner may attach it.
         *
         *     Needs `inbox/my-work/attach`.
         */
        post: operations["postAttachments"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/attachments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A signed address of the file, good for 5 minutes
         * @description For whoever is signed in; what one may not see is 404.
         */
        get: operations["getAttachmentsId"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/realtime": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens, as it happens (WebSocket)
         * @description Frames are {cursor, type, at, version, data}; the first is `ready`, after what was missed, or `reset`. With a cookie only from the workspace's Origin.
         *
         *     For whoever is signed in; what one may not see is 404.
         */
        get: operations["Realtime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/support/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * This document
         * @description Open to everybody.
         */
        get: operations["getOpenapiJson"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        AcceptInput: {
            name?: string | null;
            password?: string;
        };
        Account: {
            id: string;
            channel: string;
            name: string;
            spaceId: string;
            inboxId: string | null;
            enabled: boolean;
            config: {
                [key: string]: unknown;
            };
            secretsSet: string[];
            retry: {
                delaysS: number[] | null;
                conversationBlockS: number | null;
                breaker: {
                    failures: number;
                    probeS: number;
                } | null;
                giveUpS: number | null;
            };
            egress: {
                allowCidrs: string[];
            };
            /** @enum {string} */
            state: "ready" | "degraded" | "failed" | "stopped";
            lastError: string | null;
            source: string | null;
            webhookUrl: string;
            /** Format: date-time */
            createdAt: string;
            version: number;
        };
        AccountDraftInput: {
            name?: string;
            inboxId?: string | null;
            enabled?: boolean;
            config?: {
                [key: string]: unknown;
            };
            retry?: {
                delaysS?: number[] | null;
                conversationBlockS?: number | null;
                breaker?: {
                    failures?: number;
                    probeS?: number;
                } | null;
                giveUpS?: number | null;
            };
            egress?: {
                allowCidrs?: string[];
            };
        };
        AccountTestInput: {
            config?: {
                [key: string]: unknown;
            } | null;
        };
        AccountTestResult: {
            ok: boolean;
            error: string | null;
        };
        ApiKey: {
            id: string;
            name: string;
            roles: string[];
            prefix: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastUsedAt: string | null;
        };
        AssignmentInput: {
            userId?: string | null;
            participantIds?: string[];
        };
        AttachmentLink: {
            id: string;
            name: string;
            mimeType: string;
            sizeBytes: number;
            url: string;
            /** Format: date-time */
            expiresAt: string;
        };
        AttachmentView: {
            id: string;
            name: string;
            mimeType: string;
            sizeBytes: number;
            /** @enum {string} */
            state: "ready" | "fetching" | "failed";
            inline: boolean;
        };
        AuthState: {
            setupNeeded: boolean;
        };
        AvailabilityOnlyInput: {
            /** @enum {string} */
            status?: "available" | "away" | "offline";
        };
        AvailabilityState: {
            /** @enum {string} */
            status: "available" | "away" | "offline";
            /** Format: date-time */
            since: string | null;
        };
        Channel: {
            id: string;
            name: string;
            version: string;
            kind: string;
            capabilities: {
                [key: string]: unknown;
            };
            configSchema: {
                [key: string]: unknown;
            };
            accounts: number;
        };
        ContactInput: {
            name?: string;
            email?: string | null;
            phone?: string | null;
            company?: string | null;
            notes?: string | null;
            ownerId?: string | null;
            tags?: string[];
            attributes?: {
                [key: string]: unknown;
            };
            blocked?: boolean;
        };
        ContactView: {
            id: string;
            name: string;
            email: string | null;
            phone: string | null;
            company: string | null;
            notes: string | null;
            ownerId: string | null;
            tags: string[];
            attributes: {
                [key: string]: unknown;
            };
            blocked: boolean;
            identities: {
                accountId: string;
                channel: string;
                address: string;
                /** @enum {string} */
                reachability: "reachable" | "unreachable" | "blocked_us";
            }[];
            /** Format: date-time */
            createdAt: string;
            version: number;
        };
        ConversationCounts: {
            mine: {
                open: number;
                unread: number;
            };
            unassigned: {
                open: number;
                unread: number;
            };
            all: {
                open: number;
                unread: number;
            };
        };
        ConversationEditInput: {
            subject?: string | null;
            /** @enum {string} */
            priority?: "low" | "normal" | "high" | "urgent";
            customFields?: {
                [key: string]: unknown;
            };
        };
        ConversationView: {
            id: string;
            inboxId: string;
            accountId: string;
            channel: string;
            contactId: string;
            contact: {
                id: string;
                name: string;
                address: string;
            };
            /** @enum {string} */
            status: "unanswered" | "active" | "waiting" | "solved" | "closed";
            /** @enum {string} */
            priority: "low" | "normal" | "high" | "urgent";
            subject: string | null;
            assigneeId: string | null;
            assigneeName: string | null;
            teamIds: string[];
            participantIds: string[];
            tags: string[];
            lastMessage: {
                text: string;
                /** @enum {string} */
                direction: "inbound" | "outbound";
                /** Format: date-time */
                at: string;
                /** @enum {string} */
                authorType: "contact" | "agent" | "bot" | "system";
            } | null;
            unreadCount: number;
            readSeq: number;
            lastSeq: number;
            /** Format: date-time */
            snoozeUntil: string | null;
            capabilities: {
                attachments: boolean;
                typing: boolean;
                readReceipts: boolean;
                maxTextLength: number;
            };
            attributes: {
                [key: string]: unknown;
            };
            previousId: string | null;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
            /** Format: date-time */
            lastActivityAt: string;
            version: number;
        };
        Decision: {
            /** Format: date-time */
            at: string;
            decision: {
                [key: string]: unknown;
            };
        };
        EntryView: {
            id: string;
            conversationId: string;
            seq: number;
            /** @enum {string} */
            kind: "message" | "note" | "event";
            /** Format: date-time */
            createdAt: string;
            version: number;
            author: {
                /** @enum {string} */
                type: "contact" | "agent" | "bot" | "system";
                id: string | null;
                name: string;
            };
            /** @enum {string|null} */
            direction?: "inbound" | "outbound" | null;
            text?: string | null;
            content?: {
                [key: string]: unknown;
            } | null;
            attachments: {
                id: string;
                name: string;
                mimeType: string;
                sizeBytes: number;
                /** @enum {string} */
                state: "ready" | "fetching" | "failed";
                inline: boolean;
            }[];
            /** @enum {string|null} */
            status?: "received" | "scheduled" | "held" | "queued" | "sending" | "sent" | "delivered" | "read" | "failed" | "unknown" | "undone" | null;
            failure?: {
                code: string;
                text: string;
            } | null;
            /** Format: date-time */
            heldUntil?: string | null;
            /** Format: date-time */
            providerTime?: string | null;
            replyToId?: string | null;
            clientId?: string | null;
            event?: {
                [key: string]: unknown;
            } | null;
        };
        Error: {
            error: {
                code: string;
                message: string;
                details: {
                    path: string;
                    message: string;
                }[];
                requestId: string;
            };
        };
        FeedEvent: {
            cursor: string;
            type: string;
            /** Format: date-time */
            at: string;
            conversationId: string | null;
            subjectId: string | null;
            data: {
                [key: string]: unknown;
            };
        };
        Inbox: {
            id: string;
            spaceId: string;
            name: string;
            description: string | null;
            email: string | null;
            isDefault: boolean;
            color: string | null;
            icon: string | null;
            assignmentRules: {
                type: string;
                fallbackUserId: string | null;
                workingHours: {
                    enabled: boolean;
                    timezone: string;
                    schedule: {
                        [key: string]: ({
                            start: string;
                            end: string;
                        } | {
                            start: string;
                            end: string;
                        }[]) | null;
                    };
                    holidays: string[];
                } | null;
                onlyAvailable: boolean;
                advanced: {
                    enabled: boolean;
                    owner: boolean;
                    previousAgent: boolean;
                };
            };
            workingHours: {
                enabled: boolean;
                timezone: string;
                schedule: {
                    [key: string]: ({
                        start: string;
                        end: string;
                    } | {
                        start: string;
                        end: string;
                    }[]) | null;
                };
                holidays: string[];
            };
            outsideHoursMessage: string | null;
            autoResponder: {
                enabled: boolean;
                message: string;
                delaySeconds: number;
                conditions: {
                    outsideWorkingHours: boolean;
                };
            };
            routingRules: {
                condition: {
                    url?: {
                        contains: string;
                    } | null;
                    userAttribute?: {
                        key: string;
                        value: string;
                        unverified: boolean;
                    } | null;
                    message?: {
                        contains: string[];
                    } | null;
                };
                inboxId: string;
            }[];
            emailSettings: {
                replyByEmail: boolean;
                fromAddress: string | null;
                fromName: string | null;
            };
            reopenDays: number;
            forwardingAddress: string;
            memberCount: number;
            /** Format: date-time */
            createdAt: string;
            version: number;
        };
        InboxInput: {
            name?: string;
            description?: string | null;
            email?: string | null;
            isDefault?: boolean;
            color?: string | null;
            icon?: string | null;
            assignmentRules?: {
                type?: string;
                fallbackUserId?: string | null;
                workingHours?: {
                    enabled?: boolean;
                    timezone?: string;
                    schedule?: {
                        [key: string]: ({
                            start?: string;
                            end?: string;
                        } | {
                            start?: string;
                            end?: string;
                        }[]) | null;
                    };
                    holidays?: string[];
                } | null;
                onlyAvailable?: boolean;
                advanced?: {
                    enabled?: boolean;
                    owner?: boolean;
                    previousAgent?: boolean;
                };
            };
            workingHours?: {
                enabled?: boolean;
                timezone?: string;
                schedule?: {
                    [key: string]: ({
                        start?: string;
                        end?: string;
                    } | {
                        start?: string;
                        end?: string;
                    }[]) | null;
                };
                holidays?: string[];
            };
            outsideHoursMessage?: string | null;
            autoResponder?: {
                enabled?: boolean;
                message?: string;
                delaySeconds?: number;
                conditions?: {
                    outsideWorkingHours?: boolean;
                };
            };
            routingRules?: {
                condition?: {
                    url?: {
                        contains?: string;
                    } | null;
                    userAttribute?: {
                        key?: string;
                        value?: string;
                        unverified?: boolean;
                    } | null;
                    message?: {
                        contains?: string[];
                    } | null;
                };
                inboxId?: string;
            }[];
            emailSettings?: {
                replyByEmail?: boolean;
                fromAddress?: string | null;
                fromName?: string | null;
            };
            reopenDays?: number;
        };
        InboxStats: {
            openConversations: number;
            unassignedConversations: number;
            avgResponseTime: number | null;
            avgResolutionTime: number | null;
            conversationsToday: number;
            resolvedToday: number;
            csat: number | null;
        };
        Invitation: {
            email: string;
            name: string;
            /** Format: date-time */
            expiresAt: string;
        };
        InvitationLink: {
            url: string;
            /** Format: date-time */
            expiresAt: string;
        };
        LoginInput: {
            email?: string;
            password?: string;
        };
        Me: {
            user: {
                id: string | null;
                name: string;
                email: string | null;
                roles: string[];
                seat: boolean;
            };
            space: {
                id: string;
                name: string;
            };
            permissions: string[];
            inboxes: {
                id: string;
                name: string;
                /** @enum {string} */
                role: "agent" | "admin" | "viewer";
            }[];
            availability: {
                /** @enum {string} */
                status: "available" | "away" | "offline";
                /** Format: date-time */
                since: string | null;
            };
            csrfToken: string | null;
            publicUrl: string;
            undoWindowSeconds: number;
            build: string;
        };
        MemberInput: {
            userId?: string;
            /** @enum {string} */
            role?: "agent" | "admin" | "viewer";
        };
        MemberView: {
            userId: string;
            name: string;
            email: string;
            /** @enum {string} */
            role: "agent" | "admin" | "viewer";
            /** @enum {string} */
            availability: "available" | "away" | "offline";
        };
        MessageInput: {
            text?: string;
            attachmentIds?: string[];
            replyToId?: string | null;
        };
        NewAccountInput: {
            id?: string;
            channel?: string;
            name?: string;
            inboxId?: string | null;
            enabled?: boolean;
            config?: {
                [key: string]: unknown;
            };
            retry?: {
                delaysS?: number[] | null;
                conversationBlockS?: number | null;
                breaker?: {
                    failures?: number;
                    probeS?: number;
                } | null;
                giveUpS?: number | null;
            };
            egress?: {
                allowCidrs?: string[];
            };
        };
        NewAccountTestInput: {
            id?: string;
            channel?: string;
            config?: {
                [key: string]: unknown;
            };
            egress?: {
                allowCidrs?: string[];
            };
        };
        NewApiKey: {
            id: string;
            name: string;
            roles: string[];
            prefix: string;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            lastUsedAt: string | null;
            key: string;
        };
        NewApiKeyInput: {
            name?: string;
            roles?: string[];
        };
        NewConversationInput: {
            accountId?: string;
            to?: string;
            inboxId?: string | null;
            contactName?: string | null;
            message?: {
                text?: string;
            };
        };
        NewUserInput: {
            name?: string;
            email?: string;
            roles?: string[];
            seat?: boolean | null;
        };
        NoteInput: {
            text?: string;
        };
        PasswordInput: {
            current?: string;
            next?: string;
        };
        PermissionInfo: {
            id: string;
            module: string;
            title: string;
            description: string;
            needsSeat: boolean;
            needsBase: boolean;
        };
        Plugin: {
            id: string;
            /** @enum {string} */
            kind: "channel" | "strategy" | "responder" | "exporter";
            name: string;
            vendor: string;
            version: string;
            file: string;
            build: string;
            /** @enum {string} */
            isolation: "in_process" | "process" | "process_per_account";
            instances: {
                id: string;
                name: string;
                enabled: boolean;
                /** @enum {string} */
                state: "ready" | "degraded" | "failed" | "stopped";
                restarts: number;
                lastError: string | null;
                source: string | null;
            }[];
        };
        PluginReload: {
            replaced: boolean;
            failed: string[];
            plugins: {
                id: string;
                /** @enum {string} */
                kind: "channel" | "strategy" | "responder" | "exporter";
                name: string;
                vendor: string;
                version: string;
                file: string;
                build: string;
                /** @enum {string} */
                isolation: "in_process" | "process" | "process_per_account";
                instances: {
                    id: string;
                    name: string;
                    enabled: boolean;
                    /** @enum {string} */
                    state: "ready" | "degraded" | "failed" | "stopped";
                    restarts: number;
                    lastError: string | null;
                    source: string | null;
                }[];
            }[];
        };
        ReadMarkInput: {
            seq?: number;
        };
        Role: {
            id: string;
            name: string;
            description: string;
            default: boolean;
            permissions: string[];
        };
        SeatInput: {
            seat?: boolean;
        };
        SetupInput: {
            token?: string;
            name?: string;
            email?: string;
            password?: string;
        };
        StatusChangeInput: {
            /** @enum {string} */
            status?: "unanswered" | "active" | "waiting" | "solved" | "closed";
            /** Format: date-time */
            snoozeUntil?: string | null;
        };
        TagsInput: {
            tags?: string[];
        };
        TeamStats: {
            members: {
                userId: string;
                name: string;
                conversationsHandled: number;
                avgResponseTime: number | null;
                csat: number | null;
            }[];
        };
        User: {
            id: string;
            name: string;
            email: string;
            roles: string[];
            seat: boolean;
            active: boolean;
            invited: boolean;
            availability: {
                /** @enum {string} */
                status: "available" | "away" | "offline";
            };
            online: boolean;
            capacity: number;
            /** Format: date-time */
            createdAt: string;
            version: number;
        };
        UserChangeInput: {
            name?: string | null;
            roles?: string[] | null;
            active?: boolean | null;
            capacity?: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getAuthState: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuthState"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthSetup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["SetupInput"], "token" | "name" | "email" | "password">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Me"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["LoginInput"], "email" | "password">;
            };
        };
        responses: {
            /** @description Signed in; Set-Cookie holds the session. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Me"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthLogout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["PasswordInput"], "current" | "next">;
            };
        };
        responses: {
            /** @description Changed; one's other sessions have ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAuthInvitationsToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Invitation"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAuthInvitationsToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["AcceptInput"], "password">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Me"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Me"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putMeAvailability: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["AvailabilityOnlyInput"], "status">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AvailabilityState"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsers: {
        parameters: {
            query?: {
                /** @description Most items of a page. */
                limit?: number;
                /** @description nextCursor of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postUsers: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NewUserInput"], "name" | "email" | "roles">;
            };
        };
        responses: {
            /** @description Invited; the link is valid once, for seven days. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                        invitation: components["schemas"]["InvitationLink"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getUsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchUsersId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["UserChangeInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postUsersIdInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Invited; the link is valid once, for seven days. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                        invitation: components["schemas"]["InvitationLink"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putUsersIdSeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["SeatInput"], "seat">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["User"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putUsersIdAvailability: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["AvailabilityOnlyInput"], "status">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AvailabilityState"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getRoles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default roles are read-only. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Role"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getPermissions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PermissionInfo"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getApiKeys: {
        parameters: {
            query?: {
                /** @description Most items of a page. */
                limit?: number;
                /** @description nextCursor of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKey"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postApiKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NewApiKeyInput"], "name" | "roles">;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["NewApiKey"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteApiKeysId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInboxes: {
        parameters: {
            query?: {
                /** @description Most items of a page. */
                limit?: number;
                /** @description nextCursor of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Inbox"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postInboxes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["InboxInput"], "name">;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Inbox"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInboxesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Inbox"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putInboxesId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["InboxInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Inbox"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteInboxesId: {
        parameters: {
            query?: {
                /** @description The inbox that takes its conversations; without it open ones are a 409. */
                moveTo?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInboxesIdStats: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["InboxStats"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInboxesIdStatsTeam: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["TeamStats"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getInboxesIdMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `availability` is the one that counts in this inbox. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["MemberView"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postInboxesIdMembers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["MemberInput"], "userId" | "role">;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["MemberView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteInboxesIdMembersUserId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                userId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putInboxesIdMembersUserIdAvailability: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                userId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["AvailabilityOnlyInput"], "status">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["MemberView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getChannels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Channel"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Secrets in `config` are never shown; `secretsSet` has the JSON pointers of those that are set. `source` is the place in the configuration file of an account that stands there, and is read-only here. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Account"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccounts: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NewAccountInput"], "id" | "channel">;
            };
        };
        responses: {
            /** @description `state` and `lastError` say how the start went. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Account"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAccountsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Account"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteAccountsId: {
        parameters: {
            query?: {
                /** @description fail: messages that wait to be sent end as failed. */
                waiting?: "fail";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchAccountsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AccountDraftInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Account"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccountsIdTest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AccountTestInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AccountTestResult"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAccountsTest: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NewAccountTestInput"], "channel">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AccountTestResult"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getPlugins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `restarts` counts new starts after an instance failed or died. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Plugin"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postPluginsIdReload: {
        parameters: {
            query?: {
                /** @description Where plugins of two kinds have this id. */
                kind?: "channel" | "strategy" | "responder" | "exporter";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `replaced`: there was another build. `failed` are instances that it could not start; they go on in the old one. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PluginReload"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getEvents: {
        parameters: {
            query?: {
                /** @description The cursor of the last event that one has; absent: from the oldest that is kept. */
                after?: string;
                /** @description The same: nextCursor of the page before. */
                cursor?: string;
                /** @description Most items of a page. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["FeedEvent"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConversations: {
        parameters: {
            query?: {
                /** @description unanswered, active, waiting, solved or closed. */
                status?: string[];
                inboxId?: string[];
                /** @description me, none or an id. */
                assigneeId?: string;
                /** @description true: with unread messages. */
                unread?: boolean;
                /** @description low, normal, high or urgent. */
                priority?: string[];
                tag?: string[];
                channel?: string[];
                contactId?: string;
                /** @description In the contact's name and addresses, and in texts with inbox/all-work/search-text. */
                q?: string;
                /** @description Most items of a page. */
                limit?: number;
                /** @description nextCursor of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversations: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NewConversationInput"], "accountId" | "to" | "message">;
            };
        };
        responses: {
            /** @description The contact's open one was used. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A new conversation, unanswered. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConversationsCounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationCounts"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConversationsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchConversationsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ConversationEditInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putConversationsIdStatus: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["StatusChangeInput"], "status">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    putConversationsIdTags: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["TagsInput"], "tags">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdRead: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["ReadMarkInput"], "seq">;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdClaim: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdAssign: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["AssignmentInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ConversationView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdTyping: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConversationsIdDecisions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Decision"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getConversationsIdTimeline: {
        parameters: {
            query?: {
                /** @description Entries below this seq. */
                before?: string;
                /** @description Entries above this seq. */
                after?: string;
                /** @description 1 to 200. */
                limit?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `nextCursor` is what `before` (or `after`) takes for the next page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdMessages: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["MessageInput"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdNotes: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["NoteInput"], "text">;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    deleteConversationsIdMessagesMessageId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdMessagesMessageIdRetry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postConversationsIdMessagesMessageIdMarkSent: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
                messageId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["EntryView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getContacts: {
        parameters: {
            query?: {
                /** @description In names, e-mail addresses and phone numbers. */
                q?: string;
                /** @description Most items of a page. */
                limit?: number;
                /** @description nextCursor of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ContactView"][];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postContacts: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": WithRequired<components["schemas"]["ContactInput"], "name">;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ContactView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getContactsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ContactView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    patchContactsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ContactInput"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ContactView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    postAttachments: {
        parameters: {
            query?: {
                /** @description The file's name. */
                name?: string;
            };
            header?: {
                /** @description The same key and body within 24 h are answered anew from what the first call created; another body is 409. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": unknown;
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AttachmentView"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getAttachmentsId: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AttachmentLink"];
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    Realtime: {
        parameters: {
            query?: {
                /** @description The cursor of the last frame that one has: what was missed comes first. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The connection is a WebSocket from here on. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
    getOpenapiJson: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI 3.1 document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: unknown;
                    };
                };
            };
            /** @description A refusal: what is wrong, where, and what was expected. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Error"];
                };
            };
        };
    };
}
type WithRequired<T, K extends keyof T> = T & {
    [P in K]-?: T[P];
};
