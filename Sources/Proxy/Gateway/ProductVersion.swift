/// Which release this is.
public enum ProductVersion {
  /// By Semantic Versioning.
  public static let current = "0.1.0"
}
