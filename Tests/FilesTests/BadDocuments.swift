import Files

/// Texts that are refused as YAML or JSON.
enum BadDocuments {
  static let bomb =
    "a0: &a0 [" + Array(repeating: "x", count: 10).joined(separator: ",") + "]\n"
    + (1...9).map { level in
      "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
    }.joined()

  static let yaml: [BadText] = [
    BadText(.yaml, "", "", "the file is empty"),
    BadText(.yaml, "# only a comment\n", "", "the file is empty"),
    BadText(.yaml, "---\n", "", "the file is empty"),
    BadText(.yaml, "\u{FEFF}", "", "the file is empty"),
    BadText(.yaml, "a: 1\nb: 2\na: 3\n", "3:1", "duplicate key 'a' (first written at line 1, column 1)"),
    BadText(.yaml, "{x: 1, \"x\": 2}", "1:8", "duplicate key 'x'"),
    BadText(.yaml, "base: &b\n  x: 1\nuse:\n  <<: *b\n", "4:3", "merge key"),
    BadText(.yaml, "a: 1\n---\nb: 2\n", "2:1", "second YAML document"),
    BadText(.yaml, "a: !!int 1\n", "1:4", "tag is not accepted (got tag:yaml.org,2002:int"),
    BadText(.yaml, "a: !custom {}\n", "1:4", "tag is not accepted"),
    BadText(.yaml, "!!map {a: 1}\n", "1:1", "tag is not accepted"),
    BadText(.yaml, "a:\n\tb: 1\n", "2:1", "indent with spaces, not with tabs"),
    BadText(.yaml, "? [1, 2]\n: x\n", "1:3", "a list cannot be a key"),
    BadText(.yaml, "{1: 2, ? {a: b} : c}", "1:10", "a mapping cannot be a key"),
    BadText(.yaml, "~: x\n", "1:1", "a key is missing or null"),
    BadText(.yaml, "?\n: x\n", "1:2", "a key is missing or null"),
    BadText(.yaml, "a: *nope\n", "1:4", "unknown alias (got *nope"),
    BadText(.yaml, "a: &a [*a]\n", "1:8", "unknown alias"),
    BadText(.yaml, "a: &x k\n*x : 2\n", "2:1", "an alias cannot be a key"),
    BadText(.yaml, bomb, "4:38", "the aliases stand for too many nodes"),
    BadText(.yaml, String(repeating: "[", count: 1 << 20), "1:1", "nested too deeply"),
    BadText(.yaml, nested(200), "1:129", "nested too deeply"),
    BadText(.yaml, String(repeating: "{a: ", count: 100_000), "1:513", "nested too deeply"),
    BadText(.yaml, String(repeating: "- ", count: 100_000), "1:257", "nested too deeply"),
    BadText(.yaml, "d: &d " + nested(100) + "\ne: " + opened(40) + "*d", "2:44", "nested too deeply"),
    BadText(.yaml, "%YAML 1.1\n---\na: 1\n", "1:1", "directives are not accepted"),
    BadText(.yaml, String(repeating: "%TAG !a! b\n", count: 100_000), "1:1", "directives are not accepted"),
    BadText(.yaml, "a: [1, 2\n", "2:1", "did not find expected ',' or ']'"),
    BadText(.yaml, "a: \"open\n", "2:1", "unexpected end of stream"),
    BadText(.yaml, "source: publication: x\n", "1:20", "quote a text that contains ': '"),
    BadText(.yaml, "@a: 1\n", "1:1", "cannot start any token"),
    BadText(.yaml, "é: 1\nb: \u{7}\n", "2:4", "control characters are not allowed (got U+7)"),
    BadText(.yaml, "a: 1\n b: 2\n", "2:3", "mapping values are not allowed"),
  ]

  static let json: [BadText] = [
    BadText(.json, "", "", "the file is empty"),
    BadText(.json, " \n ", "", "the file is empty"),
    BadText(.json, "{\"a\": 1,\n \"a\": 2}", "2:2", "duplicate key 'a' (first written at line 1, column 2)"),
    BadText(.json, "{\"a\": 1, \"\\u0061\": 2}", "1:10", "duplicate key 'a'"),
    BadText(.json, "[1, 2,]", "1:7", "a comma before ']'"),
    BadText(.json, "{\"a\": 1,}", "1:9", "a comma before '}'"),
    BadText(.json, "[,1]", "1:2", "expected a JSON value"),
    BadText(.json, "[NaN]", "1:2", "expected a JSON value"),
    BadText(.json, "[Infinity]", "1:2", "expected a JSON value"),
    BadText(.json, "[-Infinity]", "1:3", "expected a digit"),
    BadText(.json, "// c\n{}", "1:1", "comments are not accepted"),
    BadText(.json, "{\"a\": 1 /* c */}", "1:9", "comments are not accepted"),
    BadText(.json, "[01]", "1:2", "without leading zeros"),
    BadText(.json, "[-]", "1:3", "expected a digit"),
    BadText(.json, "[1.]", "1:4", "a digit after the decimal point"),
    BadText(.json, "[.5]", "1:2", "expected a JSON value"),
    BadText(.json, "[1e]", "1:4", "a digit in the exponent"),
    BadText(.json, "[+1]", "1:2", "expected a JSON value"),
    BadText(.json, "[0x10]", "1:3", "the end of the number"),
    BadText(.json, "['a']", "1:2", "expected a JSON value"),
    BadText(.json, "[\"a]", "1:5", "a string does not end"),
    BadText(.json, "[\"\\x\"]", "1:3", "unknown escape"),
    BadText(.json, "[\"\\", "1:3", "unknown escape"),
    BadText(.json, "[\"\\ud800\"]", "1:3", "half of a surrogate pair"),
    BadText(.json, "[\"\\ud800\\u0041\"]", "1:3", "half of a surrogate pair"),
    BadText(.json, "[\"\\u12g4\"]", "1:3", "four hexadecimal digits"),
    BadText(.json, "[\"a\tb\"]", "1:4", "a control character in a string (got \\t"),
    BadText(.json, "[1 2]", "1:4", "expected ',' or ']'"),
    BadText(.json, "{\"a\" 1}", "1:6", "':' after the key"),
    BadText(.json, "{a: 1}", "1:2", "a key in double quotes or '}'"),
    BadText(.json, "{\"a\": 1]", "1:8", "expected ',' or '}'"),
    BadText(.json, "[true,\r\n  tru]", "2:3", "expected a JSON value"),
    BadText(.json, "[nullx]", "1:2", "expected a JSON value"),
    BadText(.json, "{}{}", "1:3", "nothing after the end"),
    BadText(.json, "\"é😀\" x", "1:6", "nothing after the end"),
    BadText(.json, "]", "1:1", "expected a JSON value"),
    BadText(.json, "[1", "1:3", "the text ends too early"),
    BadText(.json, String(repeating: "[", count: 1 << 20), "1:129", "nested too deeply"),
    BadText(.json, String(repeating: "{\"a\":", count: 100_000), "1:641", "nested too deeply"),
  ]

  static func opened(_ depth: Int) -> String { String(repeating: "[", count: depth) }
  static func nested(_ depth: Int) -> String { opened(depth) + String(repeating: "]", count: depth) }
}
