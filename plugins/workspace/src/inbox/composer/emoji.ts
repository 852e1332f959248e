/** The emoji that the composer offers; screen readers know their names. */
export const emojiGroups: { id: string; list: string[] }[] = [
  { id: 'faces', list: [...'😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍🤩😘😋😜🤗🤔🤨😐🙄😏😬😌😴😷🤒🥳😎🤓😕🙁😮😯😲🥺😢😭😤😠😱😅😓'].filter((e, i, all) => all.indexOf(e) === i) },
  { id: 'hands', list: [...'👋🤚✋👌🤞🤙👈👉👆👇👍👎✊👏🙌🤝🙏💪👀🙋🤷🙆🙅'] },
  { id: 'hearts', list: ['❤️', ...'🧡💛💚💙💜🖤💔💯✨🎉🎊🎁🏆🔥⭐🌟💐🌹'] },
  { id: 'things', list: [...'📦📫💌📄📎📷📱💻🔋🔌🔧🔑🔒💡🔔📅⏰⏳💳💰🧾🛒🚚✈️🏠🏢☕🍕'].filter((e) => e !== '\ufe0f') },
  { id: 'signs', list: [...'✅❌❓❗⚠🚫🔴🟠🟡🟢🔵🆗🆕🔝➡⬅⬆⬇'] }
];
