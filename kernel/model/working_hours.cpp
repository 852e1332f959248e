#include "model/working_hours.hpp"

#include <date/tz.h>

#include <array>
#include <charconv>

namespace usher {
namespace {

constexpr std::array<std::string_view, 7> kDays{"sunday",   "monday", "tuesday", "wednesday",
                                                "thursday", "friday", "saturday"};

/// Minutes since midnight of "HH:MM", 0..1440.
std::optional<int> minutes_of(std::string_view text) {
    int hour = 0, minute = 0;
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto number = [&](std::size_t at, int& out) {
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, out);
        return error == std::errc{} && end == text.data() + at + 2 && text[at] != '-';
    };
    if (!number(0, hour) || !number(3, minute) || minute > 59 || hour * 60 + minute > 24 * 60) return std::nullopt;
    return hour * 60 + minute;
}

std::optional<date::year_month_day> day_of(std::string_view text) {
    auto time = parse_rfc3339(std::string(text) + "T00:00:00Z");
    if (text.size() != 10 || !time) return std::nullopt;
    return date::year_month_day(
        date::floor<date::days>(date::sys_time<std::chrono::microseconds>(std::chrono::microseconds(time->us))));
}

const date::time_zone* zone_of(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {  // its way of saying "unknown"
        return nullptr;
    }
}

}  // namespace

json::value Codec<DaySlots>::write(const DaySlots& v) {
    if (v.single && v.slots.size() == 1) return to_json(v.slots[0]);
    return to_json(v.slots);
}

void Codec<DaySlots>::read(const json::value& from, DaySlots& into, std::string_view path, Faults& faults) {
    into = {};
    if (from.is_object()) {
        into.single = true;
        read_json(from, into.slots.emplace_back(), path, faults);
    } else if (from.is_array()) {
        read_json(from, into.slots, path, faults);
    } else {
        detail::fault(faults, path, "expected {start, end}, a list of them, or null");
    }
}

json::object Codec<DaySlots>::schema() {
    return {{"oneOf", json::array{json_schema<TimeSlot>(), json_schema<std::vector<TimeSlot>>()}}};
}

void check(const WorkingHours& hours, std::string_view path, Faults& faults) {
    if (!zone_of(hours.timezone)) {
        detail::fault(faults, pointer(path, "timezone"),
                      "'" + hours.timezone + "' is not an IANA time zone such as Europe/Berlin");
    }
    const std::string schedule = pointer(path, "schedule");
    for (const auto& [day, slots] : hours.schedule) {
        const std::string at = pointer(schedule, day);
        if (std::find(kDays.begin(), kDays.end(), day) == kDays.end()) {
            detail::fault(faults, at, "unknown weekday; expected monday to sunday");
            continue;
        }
        if (!slots) continue;
        for (std::size_t i = 0; i < slots->slots.size(); ++i) {
            const auto& slot = slots->slots[i];
            const std::string slot_path = slots->single ? at : pointer(at, i);
            const auto start = minutes_of(slot.start);
            const auto end = minutes_of(slot.end);
            if (!start) detail::fault(faults, pointer(slot_path, "start"), "expected a time like 09:00");
            if (!end) detail::fault(faults, pointer(slot_path, "end"), "expected a time like 17:30");
            if (start && end && *start >= *end) detail::fault(faults, pointer(slot_path, "end"), "must be after start");
        }
    }
    for (std::size_t i = 0; i < hours.holidays.size(); ++i) {
        if (!day_of(hours.holidays[i])) {
            detail::fault(faults, pointer(pointer(path, "holidays"), i), "expected a date like 2026-12-25");
        }
    }
}

bool is_open_at(const WorkingHours& hours, Time at) {
    if (!hours.enabled) return true;
    const auto* zone = zone_of(hours.timezone);
    if (!zone) return true;  // check() refuses it; a zone that a newer tzdata dropped must not silence an inbox
    const auto local = zone->to_local(date::sys_time<std::chrono::microseconds>(std::chrono::microseconds(at.us)));
    const auto midnight = date::floor<date::days>(local);
    const date::year_month_day today{midnight};
    for (const auto& holiday : hours.holidays) {
        if (day_of(holiday) == today) return false;
    }
    const auto day = hours.schedule.find(std::string(kDays[date::weekday(midnight).c_encoding()]));
    if (day == hours.schedule.end() || !day->second) return false;
    const auto minute = std::chrono::duration_cast<std::chrono::minutes>(local - midnight).count();
    for (const auto& slot : day->second->slots) {
        const auto start = minutes_of(slot.start);
        const auto end = minutes_of(slot.end);
        if (start && end && minute >= *start && minute < *end) return true;
    }
    return false;
}

}  // namespace usher
