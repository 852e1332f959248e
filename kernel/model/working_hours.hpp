#pragma once
/// Working hours: weekday slots in a time zone, and holidays. Pure; the time comes in.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/describe.hpp"

namespace usher {

struct TimeSlot {
    std::string start;  // "09:00"
    std::string end;    // "17:30"; "24:00" is the end of the day
};
BOOST_DESCRIBE_STRUCT(TimeSlot, (), (start, end))

/// A day's slots; on the wire one slot, a list of them, or null (closed).
struct DaySlots {
    std::vector<TimeSlot> slots;
    bool single = false;  // was written as one object, and is answered so (S4-19)
};

struct WorkingHours {
    bool enabled = false;
    std::string timezone = "UTC";                             // an IANA name
    std::map<std::string, std::optional<DaySlots>> schedule;  // "monday" ...; absent or null: closed
    std::vector<std::string> holidays;                        // "YYYY-MM-DD", any order, past ones too
};
BOOST_DESCRIBE_STRUCT(WorkingHours, (), (enabled, timezone, schedule, holidays))

template <>
struct Codec<DaySlots> {
    static json::value write(const DaySlots& v);
    static void read(const json::value& from, DaySlots& into, std::string_view path, Faults& faults);
    static json::object schema();
};

/// Faults of form: unknown time zone, weekday, time, holiday; a slot that ends before it starts.
void check(const WorkingHours& hours, std::string_view path, Faults& faults);
/// Not enabled: always open. `hours` must have passed check().
bool is_open_at(const WorkingHours& hours, Time at);

}  // namespace usher
