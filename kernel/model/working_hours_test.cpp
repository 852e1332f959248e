#include "model/working_hours.hpp"

#include <gtest/gtest.h>

namespace usher {
namespace {

WorkingHours read(std::string_view text) {
    return *from_json<WorkingHours>(*parse_json(text));
}
bool open_at(const WorkingHours& hours, std::string_view time) {
    return is_open_at(hours, *parse_rfc3339(time));
}

constexpr std::string_view kBerlin = R"({"enabled":true,"timezone":"Europe/Berlin","schedule":{
  "monday":{"start":"09:00","end":"17:30"},"tuesday":[{"start":"08:00","end":"12:00"},{"start":"13:00","end":"24:00"}],
  "wednesday":null},"holidays":["2026-11-23","2020-01-01"]})";

// proves S4-07 S4-19 S4-20
TEST(WorkingHours, FollowTheTimeZoneAndItsSummerTime) {
    const auto hours = read(kBerlin);
    EXPECT_TRUE(open_at(hours, "2026-11-16T08:00:00Z"));  // Monday 09:00 in winter
    EXPECT_FALSE(open_at(hours, "2026-11-16T07:59:59Z"));
    EXPECT_TRUE(open_at(hours, "2026-07-13T07:00:00Z"));   // Monday 09:00 in summer
    EXPECT_FALSE(open_at(hours, "2026-11-16T16:30:00Z"));  // 17:30 is outside
    EXPECT_FALSE(open_at(hours, "2026-11-17T11:30:00Z"));  // Tuesday's break
    EXPECT_TRUE(open_at(hours, "2026-11-17T22:59:00Z"));   // until midnight
    EXPECT_FALSE(open_at(hours, "2026-11-18T10:00:00Z"));  // Wednesday is null
    EXPECT_FALSE(open_at(hours, "2026-11-19T10:00:00Z"));  // Thursday is absent
}

// proves S4-21
TEST(WorkingHours, AreClosedOnHolidaysInAnyOrder) {
    EXPECT_FALSE(open_at(read(kBerlin), "2026-11-23T10:00:00Z"));
}

TEST(WorkingHours, DisabledMeansAlwaysOpen) {
    EXPECT_TRUE(open_at(WorkingHours{}, "2026-11-22T03:00:00Z"));
}

TEST(WorkingHours, SaysWhatIsWrongAndWhere) {
    const auto hours = read(R"({"timezone":"Europe/Berlinn","schedule":{"monday":{"start":"9:00","end":"25:00"},
        "mondag":null,"friday":[{"start":"10:00","end":"09:00"}]},"holidays":["2026-02-30"]})");
    Faults faults;
    check(hours, "/workingHours", faults);
    std::string all;
    for (const auto& f : faults) all += f.path + ": " + f.message + "\n";
    EXPECT_EQ(all,
              "/workingHours/timezone: 'Europe/Berlinn' is not an IANA time zone such as Europe/Berlin\n"
              "/workingHours/schedule/friday/0/end: must be after start\n"
              "/workingHours/schedule/mondag: unknown weekday; expected monday to sunday\n"
              "/workingHours/schedule/monday/start: expected a time like 09:00\n"
              "/workingHours/schedule/monday/end: expected a time like 17:30\n"
              "/workingHours/holidays/0: expected a date like 2026-12-25\n");
}

TEST(WorkingHours, AreAnsweredInTheShapeTheyCameIn) {
    EXPECT_EQ(
        write_json(
            to_json(read(R"({"schedule":{"monday":{"start":"09:00","end":"17:00"},"sunday":null}})")).at("schedule")),
        R"({"monday":{"start":"09:00","end":"17:00"},"sunday":null})");
}

}  // namespace
}  // namespace usher
